// Package layout gives what a document has the places that Word gives it, where LibreOffice lays it out by other rules.
//
// Tables: Word divides a table's width anew whenever it lays a document out, by what the cells ask for (w:tcW) and by
// what is in them; the grid (w:tblGrid) is only where it begins (ECMA-376 part 1, 17.4.48 and 17.18.87). LibreOffice
// takes the grid as it is. What Word saves has Word's own columns there; other programs write anything, such as columns
// of five points, in which LibreOffice shows no text at all.
//
// Columns of text: the space above the first paragraph is above the first column in Word. LibreOffice moves all of them
// down.
package layout
