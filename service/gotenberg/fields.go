package gotenberg

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"docx2pdf/service/options"
)

// field reads a field's value. The error says what the converter has instead.
type field func(f *form, value string) error

// known are those of Gotenberg 8.36's fields that the converter does. One that it has no option for takes just the
// values that ask for what it does anyway.
var known = map[string]field{
	"exportBookmarks":          flag(options.Bookmarks, "true", "false"),
	"exportFormFields":         flag(options.Forms, "true", "false"),
	"exportNotes":              flag(options.Comments, "annotations", ""),
	"exportNotesInMargin":      flag(options.Comments, "margin", ""),
	"losslessImageCompression": flag(options.Lossless, "true", "false"),
	"maxImageResolution":       maxImageResolution,
	"nativePageRanges":         value(options.Pages),
	"pdfa":                     pdfa,
	"pdfua":                    flag(options.PDFUA, "true", "false"),
	"quality":                  value(options.Quality),
	"reduceImageResolution":    reduceImageResolution,
	"updateIndexes":            updateIndexes,
	"userPassword":             value(options.Password),

	"merge":         merge,
	"ownerPassword": ownerPassword,
	"password":      absent("documents that need a password are not converted; userPassword locks the PDF"),

	"addOriginalDocumentAsStream":     only("false"),
	"allowAnnotating":                 only("true"),
	"allowAssembling":                 only("true"),
	"allowCopying":                    only("true"),
	"allowDuplicateFieldNames":        only("false"),
	"allowFillingForms":               only("true"),
	"allowModifying":                  only("true"),
	"allowPrinting":                   only("true"),
	"centerWindow":                    only("false"),
	"convertOooTargetToPdfTarget":     only("false"),
	"displayPDFDocumentTitle":         only("true"),
	"exportBookmarksToPdfDestination": only("false"),
	"exportLinksRelativeFsys":         only("true"),
	"exportPlaceholders":              only("false"),
	"firstPageOnLeft":                 only("false"),
	"flatten":                         only("false"),
	"hideViewerMenubar":               only("false"),
	"hideViewerToolbar":               only("false"),
	"hideViewerWindowControls":        only("false"),
	"initialPage":                     only("1"),
	"initialView":                     only("0"),
	"landscape":                       only("false"),
	"magnification":                   only("0"),
	"nativePdfFormats":                only("true"),
	"openBookmarkLevels":              only("-1"),
	"openInFullScreenMode":            only("false"),
	"optimizeImages":                  only("false"),
	"pageLayout":                      only("0"),
	"resizeWindowToInitialPage":       only("false"),
	"skipEmptyPages":                  only("false"),
	"splitUnify":                      only("false"),
	"zoom":                            only("100"),

	// Of spreadsheets and presentations: Word documents have none of it.
	"exportHiddenSlides":   only("true", "false"),
	"exportNotesPages":     only("true", "false"),
	"exportOnlyNotesPages": only("true", "false"),
	"singlePageSheets":     only("true", "false"),
	"useTransitionEffects": only("true", "false"),
}

// value passes a field on to an option.
func value(option string) field {
	return func(f *form, value string) error { return f.set(option, value) }
}

// flag has an option be one of two values; "" leaves it to the other fields.
func flag(option, on, off string) field {
	return func(f *form, value string) error {
		wanted, err := boolean(value)
		switch {
		case err != nil:
			return err
		case wanted:
			return f.set(option, on)
		case off != "":
			return f.set(option, off)
		}
		return nil
	}
}

// only takes the values that change nothing.
func only(values ...string) field {
	return func(_ *form, value string) error {
		if b, err := strconv.ParseBool(value); err == nil && slices.Contains(values, strconv.FormatBool(b)) {
			return nil
		}
		if slices.Contains(values, value) {
			return nil
		}
		return fmt.Errorf("this converter takes %s only", strings.Join(values, " or "))
	}
}

func absent(why string) field {
	return func(*form, string) error { return errors.New(why) }
}

func boolean(value string) (bool, error) {
	b, err := strconv.ParseBool(value)
	if err != nil {
		return false, errors.New("it must be true or false")
	}
	return b, nil
}

func pdfa(f *form, value string) error {
	version, found := strings.CutPrefix(value, "PDF/A-")
	if !found {
		return errors.New("it must be one of PDF/A-1b, PDF/A-2b, PDF/A-3b")
	}
	return f.set(options.PDFA, version)
}

// reduceImageResolution and maxImageResolution are one option: the second does nothing without the first.
func reduceImageResolution(f *form, value string) error {
	wanted, err := boolean(value)
	switch {
	case err != nil:
		return err
	case !wanted:
		return f.set(options.Resolution, options.Default)
	}
	const unasked = "300"
	resolution := f.first("maxImageResolution")
	if resolution == "" {
		resolution = unasked
	}
	return f.set(options.Resolution, resolution)
}

func maxImageResolution(_ *form, value string) error {
	_, err := options.Parse(options.Map(map[string]string{options.Resolution: value}))
	return err
}

// updateIndexes that is false is the converter's option. It has none that makes indexes anew whose document does not
// ask for it.
func updateIndexes(f *form, value string) error {
	wanted, err := boolean(value)
	switch {
	case err != nil:
		return err
	case wanted:
		return errors.New("indexes are made anew where the document asks for it (w:updateFields), and nowhere else; " +
			"leave the field out")
	}
	return f.set(options.Fields, "saved")
}

func merge(f *form, value string) error {
	wanted, err := boolean(value)
	if err == nil && wanted && f.documents > 1 {
		err = errors.New("PDFs are not merged; post the documents one by one, or take them as a zip archive")
	}
	return err
}

// ownerPassword is the user's: who opens the PDF may do everything with it.
func ownerPassword(f *form, value string) error {
	if value != f.first("userPassword") {
		return errors.New("the owner's password is always the user's; leave the field out")
	}
	return nil
}

// NoDocument tells whether the files of a field are something other than documents to convert.
func NoDocument(field string) bool {
	return slices.Contains([]string{"embeds", "facturxXml", "stamp", "watermark"}, field)
}
