package fonts

// Settings are items of LibreOffice's configuration: texts whose document names no font for their script are in Times
// New
// Roman, as in Word, and so each in the font of its language. LibreOffice would take the ideographs of Chinese for
// Japanese
// too, and Noto Sans Devanagari or DejaVu for Arabic.
const Settings = `
<item oor:path="/org.openoffice.VCL/DefaultFonts/org.openoffice.VCL:LocalizedDefaultFonts['zh-cn']"><prop oor:name="CJK_TEXT" oor:op="fuse" oor:type="xs:string"><value>Times New Roman</value></prop></item>
<item oor:path="/org.openoffice.VCL/DefaultFonts/org.openoffice.VCL:LocalizedDefaultFonts['hi']"><prop oor:name="CTL_TEXT" oor:op="fuse" oor:type="xs:string"><value>Times New Roman</value></prop></item>
`
