package conversion

import "errors"

// Why a document could not be converted, whichever engine tried.
//
// These pass: another attempt, perhaps on another machine, may do.
var (
	// ErrRestarting: the engine ended and is being replaced.
	ErrRestarting = errors.New("LibreOffice is being restarted")
	// ErrDeadline: the time for one conversion passed, and the document did not get the CPU for it.
	ErrDeadline = errors.New("the conversion did not end in time")
	// ErrNoSpace: there is no room left for temporary files.
	ErrNoSpace = errors.New("there is no room left for temporary files")
	// ErrOutOfMemory: the machine or the container ran out of memory and its kernel ended the conversion. The document
	// itself had taken less than one may.
	ErrOutOfMemory = errors.New("the container ran out of memory")
)

// These are the document's own doing: another attempt with the same limits would end the same way.
var (
	// ErrNoPages: the document has none of the pages asked for.
	ErrNoPages = errors.New("the document has none of the pages asked for")
	// ErrUnreadable: the engine refused the document.
	ErrUnreadable = errors.New("LibreOffice cannot read the document")
	// ErrCrashed: the engine crashed on the document.
	ErrCrashed = errors.New("LibreOffice crashed on the document")
	// ErrLimit: the document needs more CPU time, memory, output or temporary files than one may have. The wrapping
	// error says which.
	ErrLimit = errors.New("the document needs more than one conversion may use")
)

// ErrOption: an option cannot be honoured here. The wrapping error says which, and what to do.
var ErrOption = errors.New("the option cannot be honoured")
