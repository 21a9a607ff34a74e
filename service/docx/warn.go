package docx

import (
	"maps"
	"slices"

	"docx2pdf/service/docx/inventory"
	"docx2pdf/service/warning"
)

// warn notes what LibreOffice will not show. It returns the numbers of pages that formulas were saved with, and how
// many
// of each.
func warn(i *inventory.Inventory, main *inventory.Part, list *warning.List) (savedPages map[int]int) {
	savedPages = map[int]int{}
	shown := map[*inventory.Part]bool{}
	for _, part := range i.Parts {
		relations := i.RelationsOf(part)
		for id := range part.Pictures {
			warnPicture(i, relations[id], list)
		}
		for _, r := range relations {
			if target := i.Target(r); target != nil {
				shown[target] = true
			}
		}
		list.AddMany(warning.PictureLinked, part.Linked)
		list.AddMany(warning.ObjectNoPreview, part.Objects)
		list.AddMany(warning.ContentLinked, part.Outside)
		list.AddMany(warning.FieldNotComputed, part.Varying)
		list.AddMany(warning.FieldNotDrawn, part.Undrawn)
		list.AddMany(warning.ChartKind, part.NewCharts)
		for _, format := range slices.Sorted(maps.Keys(part.Numbers)) {
			list.AddMany(warning.NumberFormat, part.Numbers[format], format)
		}
		for id := range part.Charts {
			if r := relations[id]; i.Target(r) == nil {
				list.Add(warning.ChartMissing, r.Written)
			}
		}
		for id := range part.SmartArt {
			warnDiagram(i, relations, relations[id], list)
		}
		for pages, times := range part.SavedPages {
			savedPages[pages] += times
		}
	}
	for part := range shown {
		if part.Root == "chartSpace" && part.Series > 0 && part.Points == 0 {
			list.Add(warning.ChartNoValues, part.Name)
		}
	}
	for _, r := range i.RelationsOf(main) {
		if r.Type == "vbaProject" {
			list.Add(warning.MacrosLeftOut, "")
		}
	}
	if root := i.Parts["_rels/.rels"]; root != nil {
		for _, r := range root.Relations {
			if r.Type == "origin" { // of signatures (ECMA-376 part 2, 12.2.4)
				list.Add(warning.SignatureLeftOut, "")
			}
		}
	}
	return savedPages
}

func warnPicture(i *inventory.Inventory, r inventory.Relation, list *warning.List) {
	target := i.Target(r)
	switch {
	case r.External:
		list.Add(warning.PictureLinked, r.Target)
	case target == nil:
		list.Add(warning.PictureMissing, r.Written)
	case target.Format == inventory.Damaged:
		list.Add(warning.PictureDamaged, target.Name)
	case target.Format == inventory.Empty || target.Format == inventory.NoFormat:
		list.Add(warning.PictureFormat, target.Name)
	case target.Format != inventory.Drawable && target.Format != inventory.GIF:
		list.Add(warning.PictureFormat, target.Name+" ("+string(target.Format)+")")
	}
}

// warnDiagram looks for the drawing that Word saves with a diagram ([MS-ODRAWXML] 2.7.2.1).
func warnDiagram(i *inventory.Inventory, relations map[string]inventory.Relation, data inventory.Relation,
	list *warning.List) {
	target := i.Target(data)
	if target == nil {
		list.Add(warning.SmartArtNoDrawing, data.Written)
		return
	}
	if i.Target(relations[target.DrawingID]) == nil || target.DrawingID == "" {
		list.Add(warning.SmartArtNoDrawing, target.Name)
	}
}
