package command

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/pflag"

	"docx2pdf/client/converter"
)

type flagOf = pflag.Flag

// serviceOptions are the service's options, in its words. Their values are its own: it answers a wrong one with the
// right ones.
var serviceOptions = []struct{ name, help string }{
	{"pdfa", "PDF/A for archives: `1b`, 2b or 3b"},
	{"pdfua", "PDF/UA, accessible: `true` or false"},
	{"tagged", "structure tags: `true` or false"},
	{"pages", "only these pages: `1-3,5,8-`"},
	{"quality", "JPEG quality of images: `1-100`"},
	{"lossless", "no image loses anything: `true` or false"},
	{"resolution", "the most dots per inch of images: `75`, 150, 300, 600 or 1200"},
	{"bookmarks", "headings as bookmarks: `true` or false"},
	{"comments", "what becomes of comments: `none`, margin or annotations"},
	{"changes", "what becomes of tracked changes: `shown`, accepted or rejected"},
	{"fields", "dates and tables of contents: `updated` or saved"},
	{"forms", "content controls as fields to fill in: `true` or false"},
	{"strict", "refuse documents whose PDF would lack something: `true` or false"},
}

type optionFlags struct {
	values       map[string]*string
	more         []string
	passwordFile string
}

func (o *optionFlags) define(flags *pflag.FlagSet) {
	o.values = map[string]*string{}
	for _, option := range serviceOptions {
		o.values[option.name] = flags.String(option.name, "", option.help)
	}
	flags.StringArrayVar(&o.more, "option", nil, "any option of the service: `NAME=VALUE`, repeatable")
	flags.StringVar(&o.passwordFile, "password-file", "",
		"the `file` whose first line is needed to open the PDF; - reads standard input (or DOCX2PDF_PASSWORD)")
}

// read reads the options that were given.
func (o *optionFlags) read() (converter.Options, error) {
	options := converter.Options{}
	for name, value := range o.values {
		if *value != "" {
			options[name] = *value
		}
	}
	for _, option := range o.more {
		name, value, found := strings.Cut(option, "=")
		if !found || len(name) == 0 {
			return nil, fmt.Errorf("--option %s: write it as NAME=VALUE", option)
		}
		if name == converter.Password {
			return nil, errors.New("a password on a command line is seen by everybody on this machine; use --password-file")
		}
		options[name] = value
	}
	password, err := o.password()
	if password != "" {
		options[converter.Password] = password
	}
	return options, err
}

func (o *optionFlags) password() (string, error) {
	if o.passwordFile == "" {
		return os.Getenv("DOCX2PDF_PASSWORD"), nil
	}
	file := os.Stdin
	if o.passwordFile != "-" {
		var err error
		if file, err = os.Open(o.passwordFile); err != nil {
			return "", fmt.Errorf("reading the password: %w", err)
		}
		defer file.Close()
	}
	// A pipe gives a line in pieces, and Windows's editors put a mark before it.
	line, err := bufio.NewReader(io.LimitReader(file, 4096)).ReadString('\n')
	if err != nil && err != io.EOF {
		return "", fmt.Errorf("reading the password from %s: %w", o.passwordFile, err)
	}
	line = strings.TrimPrefix(strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"), "\ufeff")
	if line == "" {
		return "", fmt.Errorf("reading the password: the first line of %s is empty", o.passwordFile)
	}
	return line, nil
}
