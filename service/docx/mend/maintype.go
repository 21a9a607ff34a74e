package mend

import "strings"

// typeMissing tells whether the document's text has its content type only as the default of all .xml parts. Word takes
// the other parts for what their relations say; LibreOffice crashes.
func (p *Package) typeMissing() bool {
	_, own := p.Inventory.Types.Overrides[strings.ToLower(p.Main.Name)]
	return !own
}

func (p *Package) addType() error {
	if !p.typeMissing() {
		return nil
	}
	return p.addOverride(p.Main.Name, p.Inventory.Types.Of(p.Main.Name))
}
