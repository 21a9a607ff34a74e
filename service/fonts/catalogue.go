package fonts

// class is what a font looks like, in the words of a document's fontTable (ECMA-376 part 1, 17.18.30).
type class string

const (
	roman      class = "roman"      // with serifs
	swiss      class = "swiss"      // without
	modern     class = "modern"     // all letters of one width
	script     class = "script"     // as if written by hand
	decorative class = "decorative" // for headings
)

// base is an open font that twins are drawn with.
type base struct {
	file  string // its file's name, in whatever folder of /usr/share/fonts a package puts it
	index int    // within a collection
	slant bool   // the upright one is slanted, there being no italic
}

// bases are those of the four styles, in their order.
type bases [4]base

func files(regular, bold, italic, boldItalic string) bases {
	return bases{{file: regular}, {file: bold}, {file: italic}, {file: boldItalic}}
}

// slanted are bases of a font without italics.
func slanted(regular, bold string) bases {
	return bases{{file: regular}, {file: bold}, {file: regular, slant: true}, {file: bold, slant: true}}
}

// The bases. Each is in one of the packages of basePackages.
var (
	carlito  = files("Carlito-Regular.ttf", "Carlito-Bold.ttf", "Carlito-Italic.ttf", "Carlito-BoldItalic.ttf")
	caladea  = files("Caladea-Regular.ttf", "Caladea-Bold.ttf", "Caladea-Italic.ttf", "Caladea-BoldItalic.ttf")
	openSans = files("OpenSans-Regular.ttf", "OpenSans-Bold.ttf", "OpenSans-Italic.ttf", "OpenSans-BoldItalic.ttf")
	light    = files("OpenSans-Light.ttf", "OpenSans-Bold.ttf", "OpenSans-LightItalic.ttf", "OpenSans-BoldItalic.ttf")
	semibold = files("OpenSans-Semibold.ttf", "OpenSans-Bold.ttf", "OpenSans-SemiboldItalic.ttf",
		"OpenSans-BoldItalic.ttf")
	heavy = files("OpenSans-ExtraBold.ttf", "OpenSans-ExtraBold.ttf", "OpenSans-ExtraBoldItalic.ttf",
		"OpenSans-ExtraBoldItalic.ttf")
	narrow   = slanted("OpenSans-CondBold.ttf", "OpenSans-CondBold.ttf")
	dejaVu   = slanted("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")
	slab     = slanted("DejaVuSerif.ttf", "DejaVuSerif-Bold.ttf")
	notoSans = files("NotoSans-Regular.ttf", "NotoSans-Bold.ttf", "NotoSans-Italic.ttf", "NotoSans-BoldItalic.ttf")
	noto     = files("NotoSerif-Regular.ttf", "NotoSerif-Bold.ttf", "NotoSerif-Italic.ttf", "NotoSerif-BoldItalic.ttf")
	sans     = files("LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf", "LiberationSans-Italic.ttf",
		"LiberationSans-BoldItalic.ttf")
	serif = files("LiberationSerif-Regular.ttf", "LiberationSerif-Bold.ttf", "LiberationSerif-Italic.ttf",
		"LiberationSerif-BoldItalic.ttf")
	mono = files("LiberationMono-Regular.ttf", "LiberationMono-Bold.ttf", "LiberationMono-Italic.ttf",
		"LiberationMono-BoldItalic.ttf")
	slim = files("LiberationSansNarrow-Regular.ttf", "LiberationSansNarrow-Bold.ttf",
		"LiberationSansNarrow-Italic.ttf", "LiberationSansNarrow-BoldItalic.ttf")
	gothic   = files("URWGothic-Book.otf", "URWGothic-Demi.otf", "URWGothic-BookOblique.otf", "URWGothic-DemiOblique.otf")
	palladio = files("P052-Roman.otf", "P052-Bold.otf", "P052-Italic.otf", "P052-BoldItalic.otf")
	bookman  = files("URWBookman-Light.otf", "URWBookman-Demi.otf", "URWBookman-LightItalic.otf",
		"URWBookman-DemiItalic.otf")
	school   = files("C059-Roman.otf", "C059-Bold.otf", "C059-Italic.otf", "C059-BdIta.otf")
	garamond = bases{{file: "EBGaramond12-Regular.otf"}, {file: "EBGaramond12-Bold.otf"},
		{file: "EBGaramond12-Italic.otf"}, {file: "EBGaramond12-Bold.otf", slant: true}}
	gillius  = files("GilliusADF-Regular.otf", "GilliusADF-Bold.otf", "GilliusADF-Italic.otf", "GilliusADF-BoldItalic.otf")
	comic    = files("ComicNeue-Regular.otf", "ComicNeue-Bold.otf", "ComicNeue-Italic.otf", "ComicNeue-BoldItalic.otf")
	chancery = bases{{file: "Z003-MediumItalic.otf"}, {file: "Z003-MediumItalic.otf"},
		{file: "Z003-MediumItalic.otf"}, {file: "Z003-MediumItalic.otf"}}
)

// The Hangul of Noto CJK is a twelfth narrower than that of Microsoft's fonts.
var (
	sansHangul  = files("NotoSansCJK-Regular.ttc", "NotoSansCJK-Bold.ttc", "", "")
	serifHangul = files("NotoSerifCJK-Regular.ttc", "NotoSerifCJK-Bold.ttc", "", "")
)

// basePackages are Debian's, with the bases in them. Their licences go along with the twins.
var basePackages = []string{
	"fonts-adf-gillius", "fonts-comic-neue", "fonts-crosextra-caladea", "fonts-crosextra-carlito", "fonts-dejavu-core",
	"fonts-ebgaramond", "fonts-liberation", "fonts-liberation-sans-narrow", "fonts-noto-cjk", "fonts-noto-core",
	"fonts-open-sans", "fonts-urw-base35",
}

// rest are the bases of glyphs that a twin's own base has not, by class.
var rest = map[class][]bases{
	roman:      {serif, slab, dejaVu},
	swiss:      {sans, dejaVu},
	modern:     {mono},
	script:     {sans, dejaVu},
	decorative: {sans, dejaVu},
}

// family is one of Microsoft's, and what its twin is drawn with.
type family struct {
	name    string
	class   class
	bases   bases
	like    string // another family of the same widths, where there are no facts about this one's
	east    string // the open font with the ideographs of an East Asian one, which the twin leaves to it
	hangul  bases  // those with the Hangul of a Korean one, of which only the upright ones are used
	small   bool   // Latin is enough
	aliases []string
}

// families are all that have a twin. The bases are those nearest in look.
var families = []family{
	{name: "Aptos", class: swiss, bases: openSans},
	{name: "Aptos Display", class: swiss, bases: openSans, like: "Aptos"},
	{name: "Aptos Narrow", class: swiss, bases: carlito, like: "Calibri"},
	{name: "Aptos Serif", class: roman, bases: noto},
	{name: "Aptos Light", class: swiss, bases: light, like: "Aptos", small: true},
	{name: "Aptos SemiBold", class: swiss, bases: semibold, like: "Aptos", small: true},
	{name: "Aptos ExtraBold", class: swiss, bases: heavy, like: "Aptos", small: true},
	{name: "Aptos Black", class: swiss, bases: heavy, like: "Aptos", small: true},
	{name: "Aptos Mono", class: modern, bases: mono, like: "Courier New", small: true},
	{name: "Calibri", class: swiss, bases: carlito},
	{name: "Calibri Light", class: swiss, bases: carlito, like: "Calibri"},
	{name: "Cambria", class: roman, bases: caladea},
	{name: "Cambria Math", class: roman, bases: caladea, like: "Cambria"},
	{name: "Candara", class: swiss, bases: carlito},
	{name: "Consolas", class: modern, bases: mono},
	{name: "Corbel", class: swiss, bases: carlito},
	{name: "Segoe UI", class: swiss, bases: openSans, aliases: []string{"Segoe UI Variable", "Segoe UI Historic"}},
	{name: "Segoe UI Light", class: swiss, bases: light, like: "Segoe UI"},
	{name: "Segoe UI Semilight", class: swiss, bases: openSans, like: "Segoe UI", small: true},
	{name: "Segoe UI Semibold", class: swiss, bases: semibold, like: "Segoe UI"},
	{name: "Ebrima", class: swiss, bases: openSans, like: "Segoe UI", small: true},
	{name: "Georgia", class: roman, bases: noto},
	{name: "Verdana", class: swiss, bases: dejaVu},
	{name: "Tahoma", class: swiss, bases: dejaVu},
	{name: "Trebuchet MS", class: swiss, bases: carlito},
	{name: "Lucida Console", class: modern, bases: mono, small: true},
	{name: "Lucida Sans", class: swiss, bases: openSans, small: true},
	{name: "Lucida Sans Unicode", class: swiss, bases: openSans, like: "Lucida Sans"},
	{name: "Lucida Bright", class: roman, bases: slab, small: true},
	{name: "Lucida Handwriting", class: script, bases: chancery, small: true},
	{name: "Microsoft Sans Serif", class: swiss, bases: sans, like: "Arial", aliases: []string{"MS Sans Serif"}},
	{name: "Arial Narrow", class: swiss, bases: slim},
	{name: "Arial Black", class: swiss, bases: heavy, small: true},
	{name: "Arial Unicode MS", class: swiss, bases: sans, like: "Arial"},
	{name: "Century Gothic", class: swiss, bases: gothic},
	{name: "Garamond", class: roman, bases: garamond},
	{name: "Book Antiqua", class: roman, bases: palladio, like: "Palatino Linotype"},
	{name: "Palatino Linotype", class: roman, bases: palladio, like: "Book Antiqua"},
	{name: "Bookman Old Style", class: roman, bases: bookman, small: true},
	{name: "Century Schoolbook", class: roman, bases: school},
	{name: "Century", class: roman, bases: school, like: "Century Schoolbook", small: true},
	{name: "Gill Sans MT", class: swiss, bases: gillius, aliases: []string{"Gill Sans"}, small: true},
	{name: "Franklin Gothic Book", class: swiss, bases: openSans, small: true},
	{name: "Franklin Gothic Medium", class: swiss, bases: semibold, small: true},
	{name: "Franklin Gothic Demi", class: swiss, bases: bases{openSans[Bold], openSans[Bold], openSans[BoldItalic],
		openSans[BoldItalic]}, small: true},
	{name: "Franklin Gothic Heavy", class: swiss, bases: heavy, small: true},
	{name: "Comic Sans MS", class: script, bases: comic, small: true},
	{name: "Impact", class: decorative, bases: narrow, small: true},
	{name: "Rockwell", class: roman, bases: slab, small: true},
	{name: "Tw Cen MT", class: swiss, bases: gothic, small: true},
	{name: "Perpetua", class: roman, bases: serif, small: true},
	{name: "Calisto MT", class: roman, bases: palladio, small: true},
	{name: "Berlin Sans FB", class: swiss, bases: gillius, small: true},
	{name: "Agency FB", class: swiss, bases: narrow, small: true},
	{name: "Brush Script MT", class: script, bases: chancery, small: true},
	{name: "Papyrus", class: script, bases: comic, small: true},

	{name: "Malgun Gothic", class: swiss, bases: openSans, east: sansKR, hangul: sansHangul, aliases: []string{"맑은 고딕"}},
	{name: "Gulim", class: swiss, bases: sans, east: sansKR, hangul: sansHangul, aliases: []string{"굴림", "Dotum", "돋움"}},
	{name: "Batang", class: roman, bases: serif, east: serifKR, hangul: serifHangul, aliases: []string{"바탕"}},
	{name: "Yu Gothic", class: swiss, bases: notoSans, east: sansJP,
		aliases: []string{"游ゴシック", "Yu Gothic Light", "游ゴシック Light", "Yu Gothic Medium", "游ゴシック Medium"}},
	{name: "Yu Mincho", class: roman, bases: serif, east: serifJP,
		aliases: []string{"游明朝", "Yu Mincho Light", "游明朝 Light", "Yu Mincho Demibold", "游明朝 Demibold"}},
	{name: "MS Gothic", class: modern, bases: mono, east: sansJP, aliases: []string{"ＭＳ ゴシック"}},
	{name: "MS PGothic", class: swiss, bases: sans, east: sansJP,
		aliases: []string{"ＭＳ Ｐゴシック", "MS UI Gothic"}},
	{name: "MS Mincho", class: modern, bases: mono, east: serifJP, aliases: []string{"ＭＳ 明朝"}},
	{name: "MS PMincho", class: roman, bases: serif, east: serifJP, like: "PMingLiU", aliases: []string{"ＭＳ Ｐ明朝"}},
	{name: "Meiryo", class: swiss, bases: dejaVu, east: sansJP, aliases: []string{"メイリオ", "Meiryo UI"}},
	{name: "SimSun", class: modern, bases: mono, east: serifSC, aliases: []string{"宋体"}},
	{name: "NSimSun", class: modern, bases: mono, east: serifSC, like: "SimSun", aliases: []string{"新宋体"}},
	{name: "SimHei", class: modern, bases: mono, east: sansSC, like: "SimSun", aliases: []string{"黑体"}},
	{name: "DengXian", class: swiss, bases: openSans, east: sansSC, aliases: []string{"等线", "DengXian Light", "等线 Light"}},
	{name: "Microsoft YaHei", class: swiss, bases: openSans, east: sansSC,
		aliases: []string{"微软雅黑", "Microsoft YaHei UI", "Microsoft YaHei Light"}},
	{name: "MingLiU", class: modern, bases: mono, east: serifTC, aliases: []string{"細明體"}},
	{name: "PMingLiU", class: roman, bases: serif, east: serifTC, aliases: []string{"新細明體"}},
}

// The open fonts with the ideographs and Hangul.
const (
	sansJP  = "Noto Sans CJK JP"
	serifJP = "Noto Serif CJK JP"
	sansKR  = "Noto Sans CJK KR"
	serifKR = "Noto Serif CJK KR"
	sansSC  = "Noto Sans CJK SC"
	serifSC = "Noto Serif CJK SC"
	sansTC  = "Noto Sans CJK TC"
	serifTC = "Noto Serif CJK TC"
)
