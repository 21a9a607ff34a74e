package mend

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// piece is a part of an equation's text, written in StarMath.
type piece struct {
	text     string
	operator bool // it wants something on both of its sides
	sign     bool // or on its right side only
}

// nothing is what stands where an operator lacks what it is about.
const nothing = `""`

// nothingIn is a run of nothing, for an argument that is empty: the importer would draw a box there, which Word does
// not print.
func nothingIn(prefix string) string { return runOf(prefix, nothing) }

// runOf is a run of StarMath.
func runOf(prefix, text string) string {
	return "<" + prefix + "r>" + inScript(prefix) + "<" + prefix + "t>" + text + "</" + prefix + "t></" + prefix + "r>"
}

// inScript is the properties of a run in Word's usual letters, which it would have without them. But LibreOffice 26.8
// takes only what says its letters for StarMath, and quotes signs in all else.
func inScript(prefix string) string {
	return "<" + prefix + "rPr><" + prefix + "scr " + prefix + `val="roman"/></` + prefix + "rPr>"
}

// inStarMath divides the text of an equation into pieces of StarMath that show it as it is. upright says so of letters.
func inStarMath(text string, upright bool) []piece {
	var pieces []piece
	for at, size := 0, 0; at < len(text); at += size {
		size = measure(text[at:])
		token := text[at : at+size]
		first, _ := utf8.DecodeRuneInString(token)
		switch kind := kindOf(first); {
		case kind == spaceChar:
			if inWords(text[:at], text[at+size:]) {
				pieces = append(pieces, piece{text: "`"}) // a small space
			}
		case isKeyword(token) && upright:
			pieces = append(pieces, piece{text: quoted(token)})
		case isKeyword(token):
			pieces = append(pieces, piece{text: "ital " + quoted(token)})
		case kind == signChar && strings.Contains("+-=<>*/", token):
			pieces = append(pieces, piece{text: token, operator: true, sign: strings.Contains("+-", token)})
		case kind == signChar:
			pieces = append(pieces, piece{text: quoted(token)})
		default:
			pieces = append(pieces, piece{text: token})
		}
	}
	return pieces
}

// measure is how long the first token of a text is: a word, white space, a sign that has a meaning in StarMath, or
// anything else up to one of these. Braces and parentheses have none, for they are escaped.
func measure(text string) int {
	first, size := utf8.DecodeRuneInString(text)
	kind := kindOf(first)
	for size < len(text) {
		next, width := utf8.DecodeRuneInString(text[size:])
		if !unicode.IsMark(next) && (kindOf(next) != kind || kind == signChar) {
			break
		}
		size += width
	}
	return size
}

// Kinds of characters.
const (
	otherChar = iota
	letterChar
	spaceChar
	signChar // it means something to StarMath
)

func kindOf(char rune) int {
	switch {
	case unicode.IsLetter(char):
		return letterChar
	case unicode.IsSpace(char):
		return spaceChar
	case strings.ContainsRune("=<>*/+-[]|&^_#~%\"\\`", char):
		return signChar
	}
	return otherChar
}

// inWords tells whether white space stands between words or numbers, where it is seen.
func inWords(before, after string) bool {
	last, _ := utf8.DecodeLastRuneInString(before)
	first, _ := utf8.DecodeRuneInString(after)
	return (unicode.IsLetter(last) || unicode.IsDigit(last)) && (unicode.IsLetter(first) || unicode.IsDigit(first))
}

// brackets escapes those of StarMath.
var brackets = strings.NewReplacer("{", `\{`, "}", `\}`, "(", `\(`, ")", `\)`)

// quoted is text that stands for nothing but itself. Brackets do not go into quotation marks: where LibreOffice's
// importer escapes them, its backslash would be seen there. A backslash at the end would take the quotation mark in, so
// it is the one of set theory.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, "∖", `"`, `\"`).Replace(text) + `"`
}

// doubleStruck makes the letters of sets those that they are in a double-struck run.
var doubleStruck = strings.NewReplacer("C", "ℂ", "N", "ℕ", "P", "ℙ", "Q", "ℚ", "R", "ℝ", "Z", "ℤ")

// verbatim is text that is not italic, in StarMath: quoted but for its brackets, which are escaped.
func verbatim(text string) []piece {
	var pieces []piece
	for text != "" {
		at := strings.IndexAny(text, "{}()")
		switch at {
		case 0:
			pieces, text = append(pieces, piece{text: text[:1]}), text[1:]
		case -1:
			pieces, text = append(pieces, piece{text: quoted(text)}), ""
		default:
			pieces, text = append(pieces, piece{text: quoted(text[:at])}), text[at:]
		}
	}
	return pieces
}

func isKeyword(word string) bool { return len(word) > 1 && keywords[strings.ToLower(word)] }

// keywords are StarMath's words, in lower case: their case does not matter.
// https://help.libreoffice.org/latest/en-US/text/smath/01/03091500.html
var keywords = setOf(`abs acute aleph alignb alignc alignl alignm alignr alignt and approx arccos arccot arcosh arcoth
	arcsin arctan arsinh artanh backepsilon bar binom bold boper breve bslash cdot check circ circle color coprod cos cosh
	cot coth csub csup dddot ddot def div divides dlarrow dlrarrow dot dotsaxis dotsdiag dotsdown dotslow dotsup dotsvert
	downarrow drarrow emptyset equiv evaluate exists exp fact fixed font forall fourier frac from func ge geslant gg grave
	gt hadd harpoon hat hbar hex iiint iint im in infinity infty int intd intersection it ital italic lambdabar langle
	laplace lbrace lceil ldbracket ldline le left leftarrow leftharpoon leftvec leslant lfloor lim liminf limsup lint ll
	lline llint lllint ln log lrdline lrline lsub lsup lt maj matrix minusplus mline nabla nbold ndivides neg neq newline
	ni nitalic none nospace notexists notin nprec nroot nsubset nsubseteq nsucc nsupset nsupseteq odivide odot ominus oper
	oplus or ortho otimes over overbrace overline overstrike owns parallel partial phantom plusminus prec preccurlyeq
	precsim prod prop rangle rbrace rceil rdbracket rdline re rfloor right rightarrow rline rsub rsup sans serif setc
	setminus setn setq setquotient setr setz sim simeq sin sinh size slash sqrt stack sub subset subseteq succ
	succcurlyeq succsim sum sup supset supseteq tan tanh tilde times to toward transl transr underbrace underline union
	uoper uparrow vec widebslash wideharpoon widehat wideleftharpoon wideleftvec wideslash widetilde widevec wp`)

// functions are those keywords that are functions of what comes after them.
var functions = setOf(`arccos arccot arcosh arcoth arcsin arctan arsinh artanh cos cosh cot coth exp ln log sin sinh tan
	tanh`)

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		set[word] = true
	}
	return set
}
