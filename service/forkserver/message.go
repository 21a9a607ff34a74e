package forkserver

// #include "fields.h"
import "C"

import (
	"errors"
	"fmt"
	"strings"
)

// message is a sequence of fields, each in the place that fields.h gives it.
type message []string

// start is the message that a fork server begins with.
func (c Config) start(warmUpPDF string) message {
	m := make(message, C.START_FIRST_WARM_UP)
	m[C.START_KIND] = "start"
	m[C.START_PROGRAM_DIRECTORY] = c.ProgramDir
	m[C.START_PROFILE_URL] = fileURL(c.Profile)
	m[C.START_READABLE] = strings.Join(c.Readable, "\n")
	m[C.START_SANDBOX] = string(c.Sandbox)
	m[C.START_SANDBOX_WAY] = string(c.Way)
	m[C.START_WARM_UP_PDF] = fileURL(warmUpPDF)
	for _, document := range c.WarmUp {
		m = append(m, fileURL(document))
	}
	return m
}

// message asks for a job.
func (j Job) message(id string) message {
	m := make(message, C.JOB_FIRST_OPTION)
	m[C.JOB_KIND] = "convert"
	if j.Learn {
		m[C.JOB_KIND] = "learn"
	}
	m[C.JOB_ID] = id
	m[C.JOB_DIRECTORY] = j.Directory
	m[C.JOB_INPUT_URL] = fileURL(j.Input)
	m[C.JOB_OUTPUT_URL] = fileURL(j.Output)
	m[C.JOB_CPU_SECONDS] = fmt.Sprint(int64(j.CPU.Seconds()))
	m[C.JOB_MEMORY_BYTES] = fmt.Sprint(j.Memory)
	m[C.JOB_FILE_BYTES] = fmt.Sprint(j.FileBytes)
	m[C.JOB_THREADS] = fmt.Sprint(j.Threads)
	m[C.JOB_UPDATE_INDEXES] = fmt.Sprint(j.UpdateIndexes)
	var insertions []string
	for _, i := range j.Insertions {
		insertions = append(insertions, i.Bookmark, fileURL(i.File), i.Filter)
	}
	m[C.JOB_INSERTIONS] = strings.Join(insertions, "\n")
	for _, o := range j.Options {
		fields := make(message, C.OPTION_FIELDS)
		fields[C.OPTION_NAME], fields[C.OPTION_TYPE], fields[C.OPTION_VALUE] = o.Name, o.Type, o.Value
		m = append(m, fields...)
	}
	return m
}

func cancelMessage(id string) message {
	m := make(message, C.CANCEL_FIELDS)
	m[C.CANCEL_KIND], m[C.CANCEL_ID] = "cancel", id
	return m
}

// encode ends each field with a zero byte.
func (m message) encode() ([]byte, error) {
	for _, field := range m {
		if strings.IndexByte(field, 0) >= 0 {
			return nil, errors.New("a zero byte in a message to the fork server")
		}
	}
	encoded := []byte(strings.Join(m, "\x00") + "\x00")
	if len(encoded) >= C.MAX_MESSAGE {
		return nil, fmt.Errorf("a message of %d bytes to the fork server", len(encoded))
	}
	return encoded, nil
}

func decode(encoded []byte) message {
	return strings.Split(strings.TrimSuffix(string(encoded), "\x00"), "\x00")
}

// is tells whether a message is of a kind, with all of its fields.
func (m message) is(kind string, fields int) bool { return len(m) == fields && m[0] == kind }
