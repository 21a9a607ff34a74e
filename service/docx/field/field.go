// Package field finds the fields of a part of a Word document, and knows what each is about.
//
// A field is either an element around its result, or marks in runs: where it begins, its instruction, where its result
// begins, the result, and where it ends (ECMA-376 part 1, 17.16). Fields are nested in instructions and in results.
package field

import "strings"

// Field is one that has ended.
type Field struct {
	Name        string // the first word of its instruction, in capitals; "=" for a formula
	Instruction string // its first 4 KiB, with the results of fields in it
	Result      string // the text that was saved, its first 256 bytes
	Saved       bool   // there is a result, be it text or a picture
	Dirty       bool   // it asks to be updated when the document is opened
	Locked      bool   // it is not to be updated at all
	Nested      []string
	Inside      string // the field in whose result it is, "" for none
	Inner       bool   // it is in the instruction of another
	Simple      bool   // it is an element

	From, To Place   // the marks at its two ends
	Own      []Place // the elements with its own instruction, without those of fields in it; noted only
	first    int     // of what the tracker has noted, up to where the result begins
	divide   int
	divided  bool
	parent   *Field
}

// Place is a piece of a part, in bytes.
type Place struct{ From, To int }

// Argument is the first argument of the instruction, without its quotation marks; "" when there is none.
func (f *Field) Argument() string {
	return argument(strings.TrimSpace(strings.TrimSpace(f.Instruction)[len(f.firstWord()):]))
}

func (f *Field) firstWord() string { return firstWord(f.Instruction) }

func firstWord(instruction string) string {
	instruction = strings.TrimSpace(instruction)
	if strings.HasPrefix(instruction, "=") {
		return "="
	}
	if end := strings.IndexAny(instruction, " \t\r\n\\\"\u00a0"); end >= 0 {
		return instruction[:end]
	}
	return instruction
}

func argument(rest string) string {
	if strings.HasPrefix(rest, `\`) {
		return ""
	}
	for _, quotes := range [][2]string{{`"`, `"`}, {"“", "”"}, {"„", "“"}} {
		if inside, ok := strings.CutPrefix(rest, quotes[0]); ok {
			before, _, _ := strings.Cut(inside, quotes[1])
			return before
		}
	}
	return firstWord(rest)
}

// Switch tells whether the instruction has a switch such as \h.
func (f *Field) Switch(letter byte) bool {
	instruction := f.Instruction
	for {
		at := strings.IndexByte(instruction, '\\')
		if at < 0 || at+1 == len(instruction) {
			return false
		}
		if instruction[at+1]|0x20 == letter|0x20 {
			return true
		}
		instruction = instruction[at+2:]
	}
}

// Format is what follows a \* switch other than MERGEFORMAT and CHARFORMAT, which are about how a result looks.
func (f *Field) Format() string {
	for rest := f.Instruction; ; {
		_, after, found := strings.Cut(rest, `\*`)
		if !found {
			return ""
		}
		switch word := strings.ToUpper(firstWord(after)); word {
		case "MERGEFORMAT", "CHARFORMAT", "":
			rest = after
		default:
			return word
		}
	}
}
