// Package packages knows which Debian packages the converter runs on.
package packages

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
)

// bill is what the image is made of, which service/sbom.sh wrote when the image was built.
const bill = "/usr/share/docx2pdf/sbom.spdx.json"

// status is what dpkg keeps of the packages of a machine.
const status = "/var/lib/dpkg/status"

// libreOffice are the packages with LibreOffice's core, without a desktop and with one. They have Debian's version of
// it, which tells what has been mended: 4:25.2.3-2+deb13u12.
var libreOffice = []string{"libreoffice-core-nogui", "libreoffice-core"}

// LibreOffice is the version of LibreOffice's Debian package, "" where there is none.
func LibreOffice() string { return LibreOfficeIn(bill, status) }

// LibreOfficeIn is the version that an SPDX document names, or else a dpkg status file.
func LibreOfficeIn(bill, status string) string {
	versions := fromBill(bill)
	if versions == nil {
		versions = fromStatus(status)
	}
	for _, name := range libreOffice {
		if version := versions[name]; version != "" {
			return version
		}
	}
	return ""
}

func fromBill(file string) map[string]string {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	var document struct {
		Packages []struct{ Name, VersionInfo string }
	}
	if json.Unmarshal(content, &document) != nil {
		return nil
	}
	versions := map[string]string{}
	for _, p := range document.Packages {
		versions[p.Name] = p.VersionInfo
	}
	return versions
}

// fromStatus reads the fields of each package, which an empty line ends.
// https://www.debian.org/doc/debian-policy/ch-controlfields.html
func fromStatus(file string) map[string]string {
	content, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer content.Close()
	versions := map[string]string{}
	var name string
	var installed bool
	lines := bufio.NewScanner(content)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ": ")
		switch key {
		case "":
			name, installed = "", false
		case "Package":
			name = value
		case "Status":
			installed = strings.HasSuffix(value, " installed")
		case "Version":
			if installed {
				versions[name] = value
			}
		}
	}
	return versions
}
