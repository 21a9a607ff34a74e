package container

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// maxLine is how much of a line is kept, in bytes: a log entry at Google has at most 256 KiB.
// https://cloud.google.com/logging/quotas#log-limits
const maxLine = 250 << 10

// Lines hands on what is read, line by line, until the reader ends. What a line has beyond 250 KiB is left out.
func Lines(from io.Reader, line func(string)) {
	reader := bufio.NewReaderSize(from, maxLine)
	for {
		text, err := reader.ReadSlice('\n')
		if len(text) > 0 {
			line(strings.ToValidUTF8(strings.TrimRight(string(text), "\r\n"), "\uFFFD"))
		}
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = reader.ReadSlice('\n')
		}
		if err != nil {
			return
		}
	}
}
