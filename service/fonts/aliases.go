package fonts

// byClass is what stands for a font of which only the class is known.
var byClass = map[class][]string{
	roman:      {"Liberation Serif"},
	swiss:      {"Liberation Sans"},
	modern:     {"Liberation Mono"},
	script:     {TwinName("Lucida Handwriting")},
	decorative: {"Liberation Sans"},
}

// aliases are fonts without facts of their own, and what stands for them: the open font with the very widths where
// there is one, or the one nearest in look.
var aliases = map[string][]string{
	"Arial":                  {"Liberation Sans"},
	"Helvetica":              {"Liberation Sans"},
	"Helvetica Neue":         {"Liberation Sans"},
	"Times New Roman":        {"Liberation Serif"},
	"Times":                  {"Liberation Serif"},
	"Courier New":            {"Liberation Mono"},
	"Courier":                {"Liberation Mono"},
	"Carlito":                {TwinName("Calibri")},
	"Caladea":                {TwinName("Cambria")},
	"Constantia":             {TwinName("Georgia")},
	"Palatino":               {TwinName("Palatino Linotype")},
	"Bookman":                {TwinName("Bookman Old Style")},
	"New Century Schoolbook": {TwinName("Century Schoolbook")},
	"Sylfaen":                {TwinName("Georgia")},
	"Gadugi":                 {TwinName("Segoe UI")},
	"Segoe UI Black":         {TwinName("Segoe UI")},
	"Bahnschrift":            {TwinName("Segoe UI")},
	"Microsoft JhengHei":     {sansTC},
	"Microsoft JhengHei UI":  {sansTC},
	"微軟正黑體":                  {sansTC},
	"DFKai-SB":               {serifTC},
	"標楷體":                    {serifTC},
	"KaiTi":                  {serifSC},
	"楷体":                     {serifSC},
	"FangSong":               {serifSC},
	"仿宋":                     {serifSC},
	"STSong":                 {serifSC},
	"Gungsuh":                {serifKR},
	"Segoe UI Emoji":         {"Noto Color Emoji"},
	"Segoe UI Symbol":        {TwinName("Segoe UI"), "Noto Sans Symbols", "Noto Sans Symbols2", "Noto Sans Math"},

	// LibreOffice knows which of OpenSymbol's signs are theirs.
	"Symbol":         {"OpenSymbol"},
	"Wingdings":      {"OpenSymbol"},
	"Wingdings 2":    {"OpenSymbol"},
	"Wingdings 3":    {"OpenSymbol"},
	"Webdings":       {"OpenSymbol"},
	"ZapfDingbats":   {"OpenSymbol"},
	"Marlett":        {"OpenSymbol"},
	"Monotype Sorts": {"OpenSymbol"},

	// Hebrew: the upright text faces are like Times New Roman's, the others like Arial's.
	"David":                {"Noto Serif Hebrew", "Liberation Serif"},
	"FrankRuehl":           {"Noto Serif Hebrew", "Liberation Serif"},
	"Narkisim":             {"Noto Serif Hebrew", "Liberation Serif"},
	"Miriam":               {"Noto Sans Hebrew", "Liberation Sans"},
	"Gisha":                {"Noto Sans Hebrew", "Liberation Sans"},
	"Levenim MT":           {"Noto Sans Hebrew", "Liberation Sans"},
	"Miriam Fixed":         {"Liberation Mono", "Noto Sans Hebrew"},
	"Traditional Arabic":   {"Noto Naskh Arabic", "Liberation Serif"},
	"Simplified Arabic":    {"Noto Naskh Arabic", "Liberation Serif"},
	"Arabic Typesetting":   {"Noto Naskh Arabic", "Liberation Serif"},
	"Sakkal Majalla":       {"Noto Naskh Arabic", "Liberation Serif"},
	"Urdu Typesetting":     {"Noto Nastaliq Urdu", "Liberation Serif"},
	"Angsana New":          {"Noto Serif Thai", "Liberation Serif"},
	"AngsanaUPC":           {"Noto Serif Thai", "Liberation Serif"},
	"Browallia New":        {"Noto Sans Thai", "Liberation Sans"},
	"Cordia New":           {"Noto Sans Thai", "Liberation Sans"},
	"CordiaUPC":            {"Noto Sans Thai", "Liberation Sans"},
	"TH Sarabun New":       {"Noto Sans Thai", "Liberation Sans"},
	"Leelawadee":           {"Noto Sans Thai", "Liberation Sans"},
	"Leelawadee UI":        {"Noto Sans Thai", "Liberation Sans"},
	"Mangal":               {"Noto Sans Devanagari", "Liberation Serif"},
	"Kokila":               {"Noto Serif Devanagari", "Liberation Serif"},
	"Aparajita":            {"Noto Serif Devanagari", "Liberation Serif"},
	"Nirmala UI":           {"Noto Sans Devanagari", TwinName("Segoe UI")},
	"Vrinda":               {"Noto Sans Bengali"},
	"Shonar Bangla":        {"Noto Serif Bengali"},
	"Latha":                {"Noto Sans Tamil"},
	"Gautami":              {"Noto Sans Telugu"},
	"Tunga":                {"Noto Sans Kannada"},
	"Kartika":              {"Noto Sans Malayalam"},
	"Shruti":               {"Noto Sans Gujarati"},
	"Raavi":                {"Noto Sans Gurmukhi"},
	"Kalinga":              {"Noto Sans Oriya"},
	"Iskoola Pota":         {"Noto Sans Sinhala"},
	"DaunPenh":             {"Noto Serif Khmer"},
	"Khmer UI":             {"Noto Sans Khmer"},
	"Lao UI":               {"Noto Sans Lao"},
	"DokChampa":            {"Noto Sans Lao"},
	"Myanmar Text":         {"Noto Sans Myanmar"},
	"Nyala":                {"Noto Sans Ethiopic"},
	"Euphemia":             {"Noto Sans Canadian Aboriginal"},
	"Plantagenet Cherokee": {"Noto Sans Cherokee"},
	"Estrangelo Edessa":    {"Noto Sans Syriac"},
	"MV Boli":              {"Noto Sans Thaana"},
	"Microsoft Himalaya":   {"Noto Serif Tibetan"},
	"Mongolian Baiti":      {"Noto Sans Mongolian"},
	"Microsoft Yi Baiti":   {"Noto Sans Yi"},

	// Names of the web and of other systems, which fontTables often say nothing about.
	"Roboto":           {TwinName("Segoe UI")},
	"Open Sans":        {"Noto Sans"},
	"Lato":             {TwinName("Calibri")},
	"Inter":            {"Liberation Sans"},
	"Montserrat":       {"Liberation Sans"},
	"Poppins":          {"Liberation Sans"},
	"Source Sans Pro":  {TwinName("Calibri")},
	"Ubuntu":           {"Noto Sans"},
	"DejaVu Sans Mono": {"Liberation Mono"},
	"Menlo":            {"Liberation Mono"},
	"Monaco":           {"Liberation Mono"},
	"Cascadia Code":    {TwinName("Consolas")},
	"Cascadia Mono":    {TwinName("Consolas")},
}

// languages are those whose ideographs differ, and the font that has theirs. The first that fits comes first.
var languages = []struct {
	tag   string
	fonts []string
}{
	{"ja", []string{sansJP, serifJP}},
	{"ko", []string{sansKR, serifKR}},
	{"zh-tw", []string{sansTC, serifTC}},
	{"zh-hk", []string{sansTC, serifTC}},
	{"zh-cn", []string{sansSC, serifSC}},
}

// lastResort are what is looked through when none of the fonts that a text asks for has a sign. DejaVu, which is a
// tenth wider than most, comes last.
var lastResort = []string{"Liberation Sans", "Noto Sans", "Noto Sans Hebrew", "Noto Naskh Arabic", "Noto Sans Thai",
	"Noto Sans Devanagari", "Noto Sans Symbols", "Noto Sans Symbols2", "Noto Sans Math", sansJP, "Noto Color Emoji", "DejaVu Sans"}
