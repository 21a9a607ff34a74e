package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"docx2pdf/service/fonts"
)

// soffice is LibreOffice's own command, started for each document, on a profile of its own that has been used before,
// and
// with the converter's fonts.
type soffice struct {
	machineFonts bool // the machine's fonts instead
	profile      string
	cpu          time.Duration
}

func (s *soffice) stop() {
	if s.profile != "" {
		os.RemoveAll(s.profile)
	}
}

// picturesAsTheyAre has soffice treat pictures as the converter does: by itself it would compress each JPEG once more.
const picturesAsTheyAre = `pdf:writer_pdf_Export:{"ReduceImageResolution":{"type":"boolean","value":"false"}}`

func (s *soffice) name() string { return "soffice --convert-to" }

func (s *soffice) concurrent() bool { return false }

func (s *soffice) convert(ctx context.Context, d document) ([]byte, error) {
	if s.profile == "" {
		profile, err := os.MkdirTemp("", "bench-profile-")
		if err != nil {
			return nil, err
		}
		s.profile = profile
		if !s.machineFonts {
			if err := useFonts(profile); err != nil {
				return nil, err
			}
		}
	}
	dir, err := os.MkdirTemp("", "bench-soffice-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	input := filepath.Join(dir, "document.docx")
	if err := os.WriteFile(input, d.content, 0o600); err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, "soffice", "--headless", "-env:UserInstallation=file://"+s.profile, "--convert-to",
		picturesAsTheyAre, "--outdir", dir, input)
	if !s.machineFonts {
		command.Env = append(os.Environ(), "FONTCONFIG_FILE="+filepath.Join(s.profile, "fonts.conf"))
	}
	out, err := command.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("soffice: %w: %s", err, out)
	}
	s.cpu += command.ProcessState.UserTime() + command.ProcessState.SystemTime()
	return os.ReadFile(filepath.Join(dir, "document.pdf"))
}

// settings are a user profile's, with those about fonts.
const settings = `<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema">` +
	fonts.Settings + `</oor:items>`

// useFonts has a profile use the converter's fonts.
func useFonts(profile string) error {
	set, err := fonts.Open("")
	if err != nil {
		return err
	}
	return errors.Join(
		os.Mkdir(filepath.Join(profile, "user"), 0o700),
		os.WriteFile(filepath.Join(profile, "user", "registrymodifications.xcu"), []byte(settings), 0o600),
		os.WriteFile(filepath.Join(profile, "fonts.conf"), set.Config(), 0o600),
	)
}

// used is the CPU time of all conversions so far.
func (s *soffice) used() (time.Duration, error) { return s.cpu, nil }

// gotenbergServer is a Gotenberg that somebody runs. https://gotenberg.dev/docs/routes#office-documents-into-pdfs-route
type gotenbergServer struct{ url string }

func (g *gotenbergServer) name() string { return "Gotenberg" }

func (g *gotenbergServer) concurrent() bool { return true }

func (g *gotenbergServer) convert(ctx context.Context, d document) ([]byte, error) {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	file, err := w.CreateFormFile("files", "document.docx")
	if err == nil {
		_, err = file.Write(d.content)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url+"/forms/libreoffice/convert", &form)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", w.FormDataContentType())
	return fetch(request)
}
