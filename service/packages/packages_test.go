package packages_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"docx2pdf/service/packages"
)

func file(t *testing.T, name, content string, mode os.FileMode) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	return name
}

const dpkg = `Package: libreoffice-core
Status: deinstall ok config-files
Version: 4:7.4.7-1

Package: libreoffice-core-nogui
Status: install ok installed
Version: 4:25.2.3-2+deb13u12
Description: office
 Version: of nothing
`

func TestVersionOfLibreOffice(t *testing.T) {
	dir := t.TempDir()
	none := filepath.Join(dir, "none")
	status := file(t, filepath.Join(dir, "status"), dpkg, 0o644)
	bill := file(t, filepath.Join(dir, "bill"),
		`{"packages":[{"name":"libreoffice-core-nogui","versionInfo":"4:25.2.3-2+deb13u13"}]}`, 0o644)
	broken := file(t, filepath.Join(dir, "broken"), `{`, 0o644)
	for _, test := range []struct{ bill, status, want string }{
		{bill, status, "4:25.2.3-2+deb13u13"}, {none, status, "4:25.2.3-2+deb13u12"}, {broken, status, "4:25.2.3-2+deb13u12"},
		{none, none, ""},
	} {
		if got := packages.LibreOfficeIn(test.bill, test.status); got != test.want {
			t.Errorf("%s, %s: %q, want %q", filepath.Base(test.bill), filepath.Base(test.status), got, test.want)
		}
	}
}

// TestBillNamesEveryPackage: the document is SPDX, and has the packages of this machine and the modules of a program.
func TestBillNamesEveryPackage(t *testing.T) {
	dir := t.TempDir()
	modules := file(t, filepath.Join(dir, "modules"),
		"/converter: go1.26\n\tpath\tdocx2pdf/service\n\tdep\tgolang.org/x/net\tv0.50.0+incompatible\th1:x=\n", 0o644)
	command := exec.Command("bash", "../sbom.sh")
	command.Env = append(os.Environ(), "MODULES="+modules, "CREATED=2026-11-28T00:00:00Z")
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		SPDXVersion, DocumentNamespace string
		DocumentDescribes              []string
		CreationInfo                   struct{ Created string }
		Packages                       []struct {
			SPDXID, Name, VersionInfo, DownloadLocation string
			ExternalRefs                                []struct{ ReferenceLocator string }
		}
	}
	if err := json.Unmarshal(out, &document); err != nil {
		t.Fatalf("%v\n%.400s", err, out)
	}
	if document.SPDXVersion != "SPDX-2.3" || document.CreationInfo.Created != "2026-11-28T00:00:00Z" ||
		document.DocumentNamespace == "" {
		t.Errorf("the document's head: %+.200v", document)
	}
	seen, urls := map[string]bool{}, map[string]string{}
	for _, p := range document.Packages {
		if seen[p.SPDXID] || p.VersionInfo == "" || p.DownloadLocation == "" || len(p.ExternalRefs) != 1 {
			t.Errorf("package %+v", p)
		}
		seen[p.SPDXID] = true
		urls[p.Name] = p.ExternalRefs[0].ReferenceLocator
	}
	if got, want := urls["golang.org/x/net"], "pkg:golang/golang.org/x/net@v0.50.0%2Bincompatible"; got != want {
		t.Errorf("the module is %s, want %s", got, want)
	}
	version, err := exec.Command("dpkg-query", "--show", "--showformat", "${Version}", "bash").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := urls["bash"]; !strings.HasPrefix(got, "pkg:deb/debian/bash@"+strings.NewReplacer("+", "%2B", ":",
		"%3A").Replace(string(version))+"?arch=") {
		t.Errorf("bash is %s, version %s", got, version)
	}
	if len(document.DocumentDescribes) != len(document.Packages) || len(document.Packages) < 50 {
		t.Errorf("%d packages, %d described", len(document.Packages), len(document.DocumentDescribes))
	}
}

// sources are where Debian's images say that packages come from: releases with their updates, and security's.
const sources = `Types: deb
# http://snapshot.example/archive/debian/20260803T000000Z
URIs: http://archive.example/debian
Suites: trixie trixie-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.pgp

Types: deb
# http://snapshot.example/archive/debian-security/20260803T000000Z
URIs: http://archive.example/debian-security
Suites: trixie-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.pgp
`

// install runs packages.sh in a system whose apt answers as told: fails names the archives that do not. The log has a
// line for each call, with the addresses of releases and of security updates.
func install(t *testing.T, snapshot, fails string, arguments ...string) (log string, err error) {
	t.Helper()
	root, bin := t.TempDir(), t.TempDir()
	file(t, filepath.Join(root, "etc/apt/sources.list.d/debian.sources"), sources, 0o644)
	file(t, filepath.Join(root, "etc/apt/apt.conf.d/x"), "", 0o644)
	file(t, filepath.Join(bin, "apt-get"), `#!/bin/sh
sources=$ROOT/etc/apt/sources.list.d/debian.sources
uri=$(sed -n '/^URIs: /{s///;h}; /^Suites: /{s///;G;s/\n/ /p}' "$sources" | tr '\n' ' ')
echo "$1: ${uri}$*" >>"$ROOT/log"
case "$uri" in `+fails+`) exit 100 ;; esac
`, 0o755)
	command := exec.Command("bash", append([]string{"../packages.sh"}, arguments...)...)
	command.Env = append(os.Environ(), "ROOT="+root, "SNAPSHOT="+snapshot, "PATH="+bin+":"+os.Getenv("PATH"))
	_, err = command.Output()
	content, _ := os.ReadFile(filepath.Join(root, "log"))
	return string(content), err
}

// TestLibreOfficeOfBackports: a newer line of LibreOffice is taken, and nothing else that is newer.
func TestLibreOfficeOfBackports(t *testing.T) {
	const suites, pin = "Suites: trixie trixie-updates",
		"Package: src:libreoffice\nPin: release n=trixie-backports\nPin-Priority: 900\n"
	for line, want := range map[string]struct{ suites, pin string }{
		"": {suites, ""}, "stable": {suites, ""}, "backports": {suites + " trixie-backports", pin},
	} {
		root, bin := t.TempDir(), t.TempDir()
		sources := file(t, filepath.Join(root, "etc/apt/sources.list.d/debian.sources"),
			"Types: deb\n# http://snapshot.example/archive/debian/20260803T000000Z\nURIs: http://archive.example/debian\n"+
				suites+"\n", 0o644)
		file(t, filepath.Join(root, "etc/apt/apt.conf.d/x"), "", 0o644)
		preferences := filepath.Join(filepath.Dir(file(t, filepath.Join(root, "etc/apt/preferences.d/x"), "", 0o644)),
			"libreoffice")
		file(t, filepath.Join(bin, "apt-get"), "#!/bin/sh\n", 0o755)
		command := exec.Command("bash", "../packages.sh", "libreoffice-writer-nogui")
		command.Env = append(os.Environ(), "ROOT="+root, "SNAPSHOT=yes", "LIBREOFFICE="+line, "PATH="+bin+":"+
			os.Getenv("PATH"))
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		content, _ := os.ReadFile(sources)
		pinned, _ := os.ReadFile(preferences) // none where nothing is pinned
		if !strings.HasSuffix(string(content), "\n"+want.suites+"\n") || string(pinned) != want.pin {
			t.Errorf("LIBREOFFICE=%s: sources %q and preferences %q, want %q and %q", line, content, pinned,
				want.suites, want.pin)
		}
	}
}

func TestPackagesComeFromWhoeverAnswers(t *testing.T) {
	from := func(place, day string) string {
		return "trixie trixie-updates http://" + place + "/debian" + day + " trixie-security http://" + place +
			"/debian-security" + day + " "
	}
	snapshot, mirror := from("snapshot.example/archive", "/20260803T000000Z"),
		from("snapshot-cloudflare.example/archive", "/20260803T000000Z")
	archive := from("archive.example", "")
	for name, test := range map[string]struct {
		snapshot, fails string
		arguments       []string
		want            []string // addresses, in order
		upgraded, fail  bool
	}{
		"the newest":               {"no", "none", []string{"qpdf"}, []string{archive}, false, false},
		"the newest of everything": {"no", "none", []string{"--upgrade", "qpdf"}, []string{archive}, true, false},
		"a snapshot":               {"yes", "none", []string{"qpdf"}, []string{snapshot}, false, false},
		"a snapshot that is busy":  {"yes", "*//snapshot.*", []string{"qpdf"}, []string{snapshot, mirror}, false, false},
		"snapshots that do not exist": {"yes", "*snapshot*", []string{"qpdf"}, []string{snapshot, mirror, archive},
			false, false},
		"nothing answers": {"yes", "*", []string{"qpdf"}, []string{snapshot, mirror, archive}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			log, err := install(t, test.snapshot, test.fails, test.arguments...)
			if (err != nil) != test.fail {
				t.Fatalf("%v\n%s", err, log)
			}
			at := 0
			for _, address := range test.want {
				next := strings.Index(log[at:], "update: "+address)
				if next < 0 {
					t.Fatalf("%s was not asked in its turn:\n%s", address, log)
				}
				at += next + 1
			}
			if n := strings.Count(log, "update: "); n != len(test.want) {
				t.Errorf("%d archives were asked, want %d:\n%s", n, len(test.want), log)
			}
			if strings.Contains(log, "upgrade: ") != test.upgraded {
				t.Errorf("upgraded: %v\n%s", !test.upgraded, log)
			}
			last := test.want[len(test.want)-1]
			if !test.fail && !strings.Contains(log[at:], "install: "+last+"install --yes --no-install-recommends qpdf\n") {
				t.Errorf("nothing was installed:\n%s", log)
			}
		})
	}
}
