package office

import (
	"maps"
	"slices"
	"strconv"

	"docx2pdf/service/forkserver"
	"docx2pdf/service/options"
)

// filterValue is a value of LibreOffice's PDF export filter.
// https://wiki.documentfoundation.org/Macros/Python_Guide/PDF_export_filter_data
type filterValue struct{ Type, Value string }

func boolean(on bool) filterValue { return filterValue{"boolean", strconv.FormatBool(on)} }
func number(n int) filterValue    { return filterValue{"long", strconv.Itoa(n)} }
func text(s string) filterValue   { return filterValue{"string", s} }

// defaults are what differs from LibreOffice's own, and what they are where LibreOfficeKit's are others than soffice's.
var defaults = map[string]filterValue{
	// It would scale pictures down to 300 dots per inch, and therefore unpack and compress every JPEG once more.
	"ReduceImageResolution": boolean(false),
	// LibreOfficeKit's default has every comment, and who wrote it, in the PDF.
	"ExportNotes": boolean(false), "ExportNotesInMargin": boolean(false),
	// A content control is text to read. Who wants a form asks for one.
	"ExportFormFields": boolean(false),
	// The pages between sections that begin on odd or even pages are there in Word, and count.
	"IsSkipEmptyPages": boolean(false),
	// A relative link would become one into the folder on this machine where the document is converted.
	"ExportLinksRelativeFsys": boolean(true),
}

// filterValues are what LibreOffice's PDF export is told of options. A password is not its business.
func filterValues(o options.Options) map[string]filterValue {
	filter := maps.Clone(defaults)
	flag := func(name, key string) {
		if value := o.Get(name); value != "" {
			filter[key] = boolean(value == "true")
		}
	}
	integer := func(name, key string) bool {
		n, err := strconv.Atoi(o.Get(name))
		if err == nil {
			filter[key] = number(n)
		}
		return err == nil
	}
	flag(options.Bookmarks, "ExportBookmarks")
	flag(options.Forms, "ExportFormFields")
	flag(options.Lossless, "UseLosslessCompression")
	flag(options.Tagged, "UseTaggedPDF")
	flag(options.PDFUA, "PDFUACompliance")
	if o.Is(options.PDFUA, true) {
		filter["UseTaggedPDF"] = boolean(true)
	}
	if where := o.Get(options.Comments); where != "" {
		filter["ExportNotesInMargin"] = boolean(where == "margin")
		filter["ExportNotes"] = boolean(where == "annotations")
	}
	if pages := o.Get(options.Pages); pages != "" {
		filter["PageRange"] = text(pages)
	}
	if version := map[string]int{"1b": 1, "2b": 2, "3b": 3}[o.Get(options.PDFA)]; version != 0 {
		filter["SelectPdfVersion"] = number(version)
	}
	if integer(options.Quality, "Quality") {
		filter["UseLosslessCompression"] = boolean(false)
	}
	if integer(options.Resolution, "MaxImageResolution") {
		filter["ReduceImageResolution"] = boolean(true)
	}
	return filter
}

// filter is the options in the form that LibreOffice's PDF export takes.
func filter(o options.Options) []forkserver.Option {
	values := filterValues(o)
	var all []forkserver.Option
	for _, name := range slices.Sorted(maps.Keys(values)) {
		all = append(all, forkserver.Option{Name: name, Type: values[name].Type, Value: values[name].Value})
	}
	return all
}
