package forkserver_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"docx2pdf/service/docx/docxtest"
	"docx2pdf/service/forkserver"
	"docx2pdf/service/office/officetest"
	"docx2pdf/service/sandbox"
)

// slow keeps LibreOffice busy for longer than any test.
var slow = docxtest.Document(docxtest.Paragraph(strings.Repeat("word ", 2_000_000)))

// config is what a fork server needs, below a directory.
func config(t *testing.T, dir string) forkserver.Config {
	t.Helper()
	c := forkserver.Config{
		ProgramDir: "/usr/lib/libreoffice/program",
		Profile:    filepath.Join(dir, "profile"),
		WorkDir:    filepath.Join(dir, "work"),
		Environment: []string{"HOME=" + dir, "LANG=C.UTF-8", "TMPDIR=/proc/self/cwd/temp",
			"SAL_USE_VCLPLUGIN=svp", "SAL_LOK_OPTIONS=unipoll"},
		WarmUp:    []string{write(t, filepath.Join(dir, "warmup.docx"), docxtest.Document(docxtest.Paragraph("warm")))},
		WarmUpPDF: filepath.Join(dir, "warmup.pdf"),
		Readable: []string{"/usr/lib", "/usr/share", "/etc/fonts", "/etc/libreoffice", "/var/lib/libreoffice",
			"/var/cache/fontconfig", "/dev/urandom", filepath.Join(dir, "profile")},
		Sandbox: sandbox.Off,
	}
	for _, made := range []string{filepath.Join(c.Profile, "user"), filepath.Join(c.WorkDir, "temp")} {
		if err := os.MkdirAll(made, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func launch(t *testing.T) *forkserver.Server {
	t.Helper()
	return launchAs(t, config(t, t.TempDir()))
}

func launchAs(t *testing.T, c forkserver.Config) *forkserver.Server {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	s, err := forkserver.Launch(ctx, c)
	if err != nil {
		stop()
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(); <-s.Ended() })
	return s
}

// job is one for a document in a directory of its own, whose name has all that URLs and messages could stumble over.
func job(t *testing.T, content []byte) forkserver.Job {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "a job of #7, 100% \"größer\"?&\n;")
	if err := os.MkdirAll(filepath.Join(dir, "temp"), 0o700); err != nil {
		t.Fatal(err)
	}
	return forkserver.Job{
		Directory: dir, Input: write(t, filepath.Join(dir, "in.docx"), content), Output: filepath.Join(dir, "out %41.pdf"),
		CPU: time.Minute, Memory: 512 << 20, FileBytes: 64 << 20, Threads: 64,
	}
}

func start(t *testing.T, s *forkserver.Server, j forkserver.Job) *forkserver.Child {
	t.Helper()
	c, err := s.Start(j)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// pages is how many pages a PDF of LibreOffice's has.
func pages(t *testing.T, pdf string) int {
	t.Helper()
	content, err := os.ReadFile(pdf)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(content), "/Type/Page/") + strings.Count(string(content), "/Type/Page\n")
}

// TestWhatIsAskedForArrives: every field of a job means the same to the C side, and what that says to this one.
func TestWhatIsAskedForArrives(t *testing.T) {
	s := launch(t)
	if !strings.HasPrefix(s.LibreOffice(), "2") || s.Sandbox().Way != sandbox.None {
		t.Errorf("LibreOffice %q, sandbox %v", s.LibreOffice(), s.Sandbox())
	}
	threePages := docxtest.Document(docxtest.Paragraph("1") + docxtest.PageBreak +
		docxtest.Paragraph("2") + docxtest.PageBreak + docxtest.Paragraph("3"))
	j := job(t, threePages)
	j.UpdateIndexes = true
	j.Options = []forkserver.Option{
		{Name: "PageRange", Type: "string", Value: "1,3"},
		{Name: "Quality", Type: "long", Value: "50"},
		{Name: "UseTaggedPDF", Type: "boolean", Value: "false"},
	}
	c := start(t, s, j)
	end, told := <-c.Done()
	if !told || end.Refused != "" || end.Status != 0 || end.CPU <= 0 || c.PID() <= 0 {
		t.Fatalf("it ended with %+v (%v), process %d", end, told, c.PID())
	}
	for _, line := range []string{"loaded ", "indexes updated\n", "saved ", "pages 3\n"} {
		if !strings.Contains("\n"+end.Report, "\n"+line) {
			t.Errorf("the report lacks %q:\n%s", line, end.Report)
		}
	}
	if got := pages(t, j.Output); got != 2 {
		t.Errorf("the PDF has %d pages, want 2", got)
	}
}

func TestLimitsArrive(t *testing.T) {
	s := launch(t)
	limited := job(t, slow)
	limited.CPU = time.Second
	if end := <-start(t, s, limited).Done(); !end.Status.Signaled() || end.Status.Signal() != syscall.SIGXCPU {
		t.Errorf("with a second of CPU time: %+v", end)
	}
	limited = job(t, slow)
	limited.Memory = 16 << 20
	if end := <-start(t, s, limited).Done(); !strings.Contains(end.Report, "limit memory\n") {
		t.Errorf("with 16 MiB: %+v", end)
	}
}

// TestMessagesThatDoNotFit: what cannot be said is an error of the one who says it, and no harm to others.
func TestMessagesThatDoNotFit(t *testing.T) {
	s := launch(t)
	for name, value := range map[string]string{"too long": strings.Repeat("x", 200<<10), "a zero byte": "a\x00b"} {
		j := job(t, docxtest.Document(docxtest.Paragraph("x")))
		j.Options = []forkserver.Option{{Name: "PageRange", Type: "string", Value: value}}
		if _, err := s.Start(j); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if end, told := <-start(t, s, job(t, docxtest.Document(docxtest.Paragraph("x")))).Done(); !told || end.Status != 0 {
		t.Errorf("the next document: %+v, %v", end, told)
	}
}

func TestAServerThatDies(t *testing.T) {
	s := launch(t)
	c := start(t, s, job(t, slow))
	syscall.Kill(officetest.ForkServer(t), syscall.SIGKILL)
	if end, told := <-c.Done(); told {
		t.Errorf("the document in flight ended with %+v", end)
	}
	<-s.Ended()
	if s.Err() == nil {
		t.Error("there is no reason for its end")
	}
	if _, err := s.Start(job(t, slow)); !errors.Is(err, forkserver.ErrGone) {
		t.Errorf("%v, want %v", err, forkserver.ErrGone)
	}
}

func TestAServerThatHangsIsKilledWithItsChildren(t *testing.T) {
	s := launch(t)
	c := start(t, s, job(t, slow))
	officetest.Child(t)
	syscall.Kill(officetest.ForkServer(t), syscall.SIGSTOP)
	if end, told := s.Cancel(c); told {
		t.Errorf("it told of the end: %+v", end)
	}
	<-s.Ended()
	officetest.Until(t, "the child is gone", func() bool { return errors.Is(syscall.Kill(c.PID(), 0), syscall.ESRCH) })
}

func TestACancelledChildIsGone(t *testing.T) {
	s := launch(t)
	c := start(t, s, job(t, slow))
	officetest.Child(t)
	if end, told := s.Cancel(c); !told || !end.Status.Signaled() || end.Status.Signal() != syscall.SIGKILL {
		t.Errorf("it ended with %+v, %v", end, told)
	}
	if err := syscall.Kill(c.PID(), 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the child is still there: %v", err)
	}
}

// TestAChildThatCannotBeKeptInConvertsNothing: the start has proved that children can be; one that cannot must not go
// on, though the mode is to do what the kernel can. Here it may open no more files, which its limits and its sandbox
// take.
func TestAChildThatCannotBeKeptInConvertsNothing(t *testing.T) {
	c := config(t, t.TempDir())
	c.Sandbox, c.Log = sandbox.Auto, slog.Default()
	s := launchAs(t, c)
	if missing := len(sandbox.Parts) - len(s.Sandbox().Kept); missing != 0 {
		t.Fatalf("this kernel cannot keep documents in: %v", s.Sandbox())
	}
	warmed := job(t, docxtest.Document(docxtest.Paragraph("x")))
	if end := <-start(t, s, warmed).Done(); end.Status != 0 || end.Refused != "" {
		t.Fatalf("a child that can be kept in: %+v", end)
	}
	none := syscall.Rlimit{}
	spare := uintptr(officetest.Spare(t))
	if _, _, err := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, spare, syscall.RLIMIT_NOFILE,
		uintptr(unsafe.Pointer(&none)), 0, 0, 0); err != 0 {
		t.Fatal(err)
	}
	refused := job(t, docxtest.Document(docxtest.Paragraph("x")))
	end, told := <-start(t, s, refused).Done()
	if !told || end.Refused == "" {
		t.Errorf("it ended with %+v, %v", end, told)
	}
	if _, err := os.Stat(refused.Output); err == nil {
		t.Error("there is a PDF")
	}
}

// TestAServerThatCannotStartSaysWhy: and leaves no process.
func TestAServerThatCannotStartSaysWhy(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*forkserver.Config)
		says   string
	}{
		"no LibreOffice": {func(c *forkserver.Config) { c.ProgramDir = c.WorkDir }, "LibreOfficeKit"},
		"a warm-up that is none": {
			func(c *forkserver.Config) { os.WriteFile(c.WarmUp[0], []byte("noise"), 0o600) }, "no reason"},
		"a warm-up without a file": {func(c *forkserver.Config) { c.WarmUp = []string{"/not/there.docx"} }, ""},
	} {
		c := config(t, t.TempDir())
		test.change(&c)
		if _, err := forkserver.Launch(t.Context(), c); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want an error that says %q", name, err, test.says)
		}
		if left := officetest.Children(t, os.Getpid()); len(left) > 0 {
			t.Errorf("%s: it left %v", name, left)
		}
	}
}
