package inventory

// unknownNumbers are the systems of numbers (ECMA-376 part 1, 17.18.59) that LibreOffice does not have, and writes in
// digits.
var unknownNumbers = namesOf("hex", "decimalFullWidth", "decimalFullWidth2", "decimalEnclosedFullstop",
	"decimalEnclosedParen", "ideographZodiacTraditional", "vietnameseCounting", "hindiConsonants", "hindiNumbers",
	"hindiCounting", "thaiNumbers", "thaiCounting", "bahtText", "dollarText")

// DigitsInSigns are those of one digit after another in Chinese signs, as ideographDigital has them: of lists they
// become that.
var DigitsInSigns = namesOf("japaneseDigitalTenThousand", "taiwaneseDigital")

func namesOf(names ...string) map[string]bool {
	all := map[string]bool{}
	for _, name := range names {
		all[name] = true
	}
	return all
}

// numbers notes a system of numbers that LibreOffice does not have.
func (p *Part) numbers(format string) {
	if !unknownNumbers[format] && !DigitsInSigns[format] {
		return
	}
	if p.Numbers == nil {
		p.Numbers = map[string]int{}
	}
	p.Numbers[format]++
}
