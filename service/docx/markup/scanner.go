package markup

// mostPending is how long a token may be, in bytes. Pictures are in attributes of VML, so that it is generous.
const mostPending = 16 << 20

// Scanner is written the bytes of a part as they come, and hands on its tokens.
type Scanner struct {
	handle  func(*Token)
	spaces  spaces
	pending []byte // of a token that has not ended
	wait    int    // bytes that have to be there before it is looked at again: a long token is looked at a few times only
	at      int
	tooLong bool
}

// NewScanner has handle called for each token, which is valid only as long. Long texts come in pieces.
func NewScanner(handle func(*Token)) *Scanner { return &Scanner{handle: handle} }

// TooLong tells whether there was a tag or comment of more than 16 MiB. What came after it has not been looked at.
func (s *Scanner) TooLong() bool { return s.tooLong }

// Write takes the next bytes. It never fails.
func (s *Scanner) Write(p []byte) (int, error) {
	if s.tooLong {
		return len(p), nil
	}
	if len(s.pending) == 0 {
		s.pending = append(s.pending, s.scan(p)...)
	} else {
		s.pending = append(s.pending, p...)
		if len(s.pending) >= s.wait {
			rest := s.scan(s.pending)
			s.pending = s.pending[:copy(s.pending, rest)]
		}
	}
	if len(s.pending) < s.wait {
		return len(p), nil
	}
	switch {
	case len(s.pending) == 0:
		s.wait = 0
	case s.pending[0] != '<' && len(s.pending) > 64<<10:
		s.emit(s.pending)
		s.pending, s.wait = s.pending[:0], 0
	case len(s.pending) > mostPending:
		s.tooLong, s.pending = true, nil
	default:
		s.wait = 2 * len(s.pending)
	}
	return len(p), nil
}

// Close hands on what is left.
func (s *Scanner) Close() error {
	if rest := s.scan(s.pending); len(rest) > 0 {
		s.emit(rest)
	}
	s.pending = nil
	return nil
}

// scan hands on all whole tokens, and returns what is left.
func (s *Scanner) scan(source []byte) []byte {
	for {
		size := measure(source)
		if size == 0 {
			return source
		}
		s.emit(source[:size])
		source = source[size:]
	}
}

func (s *Scanner) emit(source []byte) {
	t := s.spaces.token(source, s.at)
	s.at += len(source)
	s.handle(&t)
}
