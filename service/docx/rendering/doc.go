// Package rendering has tests only: they show that what documents hold is in the PDFs that LibreOffice makes of them,
// or
// that a warning says what is not.
package rendering
