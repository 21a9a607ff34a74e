package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Place is where saved settings are looked for: DOCX2PDF_CONFIG, or docx2pdf.json in the user's configuration folder.
func Place() (string, error) {
	if file := os.Getenv("DOCX2PDF_CONFIG"); file != "" {
		return file, nil
	}
	folder, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("finding the folder of settings: %w; name a file with --config", err)
	}
	return filepath.Join(folder, "docx2pdf.json"), nil
}

// Save writes settings for a machine without Pulumi, readable by its owner only: there may be a key among them.
func Save(file string, s Settings) error {
	content, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return fmt.Errorf("saving the settings: %w", err)
	}
	part, err := os.CreateTemp(filepath.Dir(file), ".docx2pdf-*")
	if err != nil {
		return fmt.Errorf("saving the settings: %w", err)
	}
	defer os.Remove(part.Name())
	_, err = part.Write(append(content, '\n'))
	if err = errors.Join(err, part.Close()); err == nil {
		err = os.Rename(part.Name(), file)
	}
	if err != nil {
		return fmt.Errorf("saving the settings: %w", err)
	}
	return nil
}

// read reads saved settings. A file that was named must be there.
func read(file string) (s Settings, there bool, err error) {
	named := file != "" || os.Getenv("DOCX2PDF_CONFIG") != ""
	if file == "" {
		if file, err = Place(); err != nil {
			return s, false, nil // a machine without a home has no settings
		}
	}
	content, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return s, false, nil
	}
	if err != nil {
		return s, false, fmt.Errorf("reading the settings: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return s, false, fmt.Errorf("reading the settings in %s: %w; write them again with: client save", file, err)
	}
	return s, true, nil
}
