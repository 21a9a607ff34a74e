package e2e

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// npm is where local/setup.sh installs what the tests take from npm.
func (m *machine) npm() string {
	m.t.Helper()
	folder, err := filepath.Abs("testdata/npm")
	if err != nil {
		m.t.Fatal(err)
	}
	return folder
}

// gotenbergClientConverts has a client of Gotenberg's, as others wrote it, convert through an address.
func (m *machine) gotenbergClientConverts(address string) {
	m.t.Helper()
	folder := m.t.TempDir()
	c := exec.Command("node", filepath.Join(m.npm(), "gotenberg.cjs"), "demo.docx", folder)
	c.Dir, c.Env = m.dir, append(slices.Clone(m.env), "GOTENBERG_ENDPOINT="+address)
	out, err := c.CombinedOutput()
	if err != nil {
		m.t.Fatalf("%v\n%s", err, out)
	}
	for _, refused := range []string{"'landscape'", "'metadata'", "'splitMode'", "Gotenberg-Webhook-Url",
		"Status: 400", "mine"} {
		if !strings.Contains(string(out), refused) {
			m.t.Errorf("nothing is said of %s:\n%s", refused, out)
		}
	}
	if strings.Contains(string(out), "in spite of") {
		m.t.Errorf("%s", out)
	}
	archive := filepath.Join(folder, "archive.pdf")
	m.looksAtDemo(archive)
	meta := m.run("pdfinfo", "-meta", archive)
	for _, claim := range []string{"pdfaid:part>2<", "pdfaid:conformance>B<", "pdfuaid:part>1<"} {
		if !strings.Contains(meta, claim) {
			m.t.Errorf("the PDF does not say %s\n%s", claim, meta)
		}
	}
	if info := m.run("pdfinfo", filepath.Join(folder, "second.pdf")); !strings.Contains(info, "Pages:           1\n") {
		m.t.Errorf("of two pages one was asked for:\n%s", info)
	}
	if out, err := m.try("pdfinfo", filepath.Join(folder, "locked.pdf")); err == nil {
		m.t.Errorf("the PDF opens without its password:\n%s", out)
	}
	m.run("pdfinfo", "-upw", "secret", filepath.Join(folder, "locked.pdf"))
	m.run("python3", "-m", "zipfile", "-e", filepath.Join(folder, "both.zip"), folder)
	both, err := filepath.Glob(filepath.Join(folder, "*.docx.pdf"))
	if err != nil || len(both) != 2 {
		m.t.Fatalf("the archive has %v, %v", both, err)
	}
	for _, pdf := range both {
		m.looksAtDemo(pdf)
	}
}
