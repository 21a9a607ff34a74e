package forkserver

import (
	"sync/atomic"
	"syscall"
	"time"
)

// Job is one document to convert, and what that may take.
type Job struct {
	Directory     string // the job's own, for all of its files; a fonts.conf in it is added to fontconfig's rules
	Input, Output string // the document and the PDF
	Options       []Option
	CPU           time.Duration // CPU time
	Memory        int64         // bytes of private memory on top of the warm LibreOffice's
	FileBytes     int64         // of the largest file
	Threads       int           // at a time
	UpdateIndexes bool          // make tables of contents and other indexes anew before the PDF
	Insertions    []Insertion   // what comes in once the document is loaded, in this order
	Learn         bool          // have the fork server see which memory it takes: only for documents of our own
}

// Insertion is a file that comes in at a bookmark, and the name of LibreOffice's filter for it.
type Insertion struct{ Bookmark, File, Filter string }

// Option is one of LibreOffice's PDF export.
// https://wiki.documentfoundation.org/Macros/Python_Guide/PDF_export_filter_data
type Option struct {
	Name, Type, Value string // of type boolean, long or string
}

// Child is a process that converts a document.
type Child struct {
	id   string
	pid  atomic.Int64
	done <-chan Ending
	end  chan<- Ending
}

// PID is 0 until it is known.
func (c *Child) PID() int { return int(c.pid.Load()) }

// Done gives the child's end. It is closed without one when the fork server ends first.
func (c *Child) Done() <-chan Ending { return c.done }

// Ending is how a child ended.
type Ending struct {
	Refused string // why nothing was done with the document: another child may have it
	Status  syscall.WaitStatus
	CPU     time.Duration
	Report  string // the child's own lines
}
