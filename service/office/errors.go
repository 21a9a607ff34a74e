package office

import "errors"

// Why a document could not be converted. All but the first four are the document's own doing:
// another attempt would end the same way.
var (
	// ErrRestarting: the fork server ended and is being replaced. Another attempt will do.
	ErrRestarting = errors.New("LibreOffice is being restarted")
	// ErrDeadline: the time for one conversion passed, and the document did not get the CPU for it.
	ErrDeadline = errors.New("the conversion did not end in time")
	// ErrNoSpace: there is no room left for temporary files. Another attempt will do when there is.
	ErrNoSpace = errors.New("there is no room left for temporary files")
	// ErrNoPages: the document has none of the pages asked for.
	ErrNoPages = errors.New("the document has none of the pages asked for")
	// ErrUnreadable: LibreOffice refused the document.
	ErrUnreadable = errors.New("LibreOffice cannot read the document")
	// ErrCrashed: LibreOffice crashed on the document.
	ErrCrashed = errors.New("LibreOffice crashed on the document")
	// ErrLimit: the document needs more CPU time, memory, output or temporary files than one may have. The
	// wrapping error says which.
	ErrLimit = errors.New("the document needs more than one conversion may use")
)
