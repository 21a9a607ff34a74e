package office

import (
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"docx2pdf/service/fonts"
)

// registry is LibreOffice's configuration for a server that reads documents of strangers.
//
//go:embed registry.xcu
var registry []byte

// writeProfile makes the fork server's user profile.
//
// LibreOffice unpacks a document's embedded fonts into the profile's user/temp, where the next document would
// find them. So user/temp leads to the working directory of whoever looks: in a child that is its own job
// directory, gone with the job.
func writeProfile(dir string, set fonts.Set) error {
	user := filepath.Join(dir, "user")
	work := filepath.Join(filepath.Dir(dir), "work")
	settings := strings.Replace(string(registry), "</oor:items>", fonts.Settings+"</oor:items>", 1)
	return errors.Join(
		os.MkdirAll(user, 0o700),
		makeJobTemp(work),
		os.WriteFile(filepath.Join(dir, "registry.xcu"), []byte(settings), 0o400),
		os.WriteFile(filepath.Join(dir, "fonts.conf"), set.Config(), 0o400),
		os.Symlink("/proc/self/cwd/temp", filepath.Join(user, "temp")),
	)
}

// makeJobTemp makes a working directory with a place for temporary files.
func makeJobTemp(dir string) error {
	return errors.Join(os.Mkdir(dir, 0o700), os.Mkdir(filepath.Join(dir, "temp"), 0o700))
}

// environment is all that LibreOffice sees of the outside.
var environment = func(config Config, dir string) []string {
	brand := fileURL(filepath.Dir(config.ProgramDir))
	return []string{
		"HOME=" + dir,
		"LANG=C.UTF-8",
		"LC_ALL=C.UTF-8",
		"TZ=UTC",
		"FONTCONFIG_FILE=" + filepath.Join(dir, "profile", "fonts.conf"),
		// Resolved anew by each child: its own job directory.
		"TMPDIR=/proc/self/cwd/temp",
		// No display, and no thread of its own for the event loop.
		"SAL_USE_VCLPLUGIN=svp",
		"SAL_LOK_OPTIONS=unipoll",
		"SAL_DISABLE_OPENCL=1",
		"SAL_DISABLE_FSYNC=1",
		"DISABLE_EXTENSION_SYNCHRONIZATION=true",
		// A pattern that no host name matches.
		"LOK_HOST_ALLOWLIST=^$",
		// The asterisk makes the user layer read-only.
		fmt.Sprintf("CONFIGURATION_LAYERS=xcsxcu:%s/share/registry res:%[1]s/share/registry user:*%s",
			brand, fileURL(filepath.Join(dir, "profile", "registry.xcu"))),
	}
}

// readable is what a document may have read besides its own directory: LibreOffice, the user profile, and what belongs
// to
// the system. What is not there is passed over.
func readable(config Config, profile string) []string {
	return append(config.Fonts.Dirs(),
		filepath.Dir(config.ProgramDir), profile,
		"/etc/fonts", "/usr/share/fontconfig", "/usr/share/fonts", "/usr/local/share/fonts", "/var/cache/fontconfig",
		"/usr/share/hyphen", "/usr/share/hunspell", "/usr/share/mythes", "/usr/share/liblangtag",
		"/usr/share/libnumbertext",
		"/usr/share/libreoffice", "/etc/libreoffice", "/var/lib/libreoffice",
		"/usr/share/zoneinfo", "/dev/urandom",
	)
}

// findProgramDir looks for LibreOffice where packages put it, unless it is told.
func (c *Config) findProgramDir() error {
	candidates := []string{c.ProgramDir}
	if c.ProgramDir == "" {
		others, _ := filepath.Glob("/opt/libreoffice*/program")
		candidates = append([]string{"/usr/lib/libreoffice/program"}, others...)
	}
	for _, dir := range candidates {
		if _, err := os.Stat(filepath.Join(dir, "fundamentalrc")); err == nil {
			c.ProgramDir = dir
			return nil
		}
	}
	return fmt.Errorf("there is no LibreOffice in %s: %s, or name its program directory in LIBREOFFICE_PROGRAM_DIR",
		strings.Join(candidates, " nor in "), howToInstall)
}

const howToInstall = "install 25.2 or newer (Debian trixie: apt-get install libreoffice-writer-nogui " +
	"libreoffice-math-nogui libreoffice-uiconfig-writer libreoffice-uiconfig-common; " +
	"bookworm: the same with -t bookworm-backports)"

func fileURL(path string) string {
	return (&url.URL{Scheme: "file", Path: strings.TrimSuffix(path, "/")}).String()
}
