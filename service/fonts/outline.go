package fonts

import (
	"encoding/binary"
	"math"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
)

// point is one in a twin's units.
type point struct{ x, y float64 }

func (p point) mid(q point) point { return point{(p.x + q.x) / 2, (p.y + q.y) / 2} }

// corner is a point of a TrueType contour: on it, or in control of a quadratic curve.
type corner struct {
	x, y int16
	on   bool
}

type contour []corner

// tolerance is how far a quadratic curve may be from the cubic one that it stands for, in 1/2048 em.
const tolerance = 1.0

// contours turns an outline into TrueType's quadratic contours.
func contours(segments []font.Segment, place func(font.SegmentPoint) point) []contour {
	var all []contour
	var open []point // with on, a contour that is being drawn
	var on []bool
	add := func(p point, isOn bool) { open, on = append(open, p), append(on, isOn) }
	finish := func() {
		if c := closed(open, on); len(c) > 1 {
			all = append(all, c)
		}
		open, on = nil, nil
	}
	for _, s := range segments {
		a := s.ArgsSlice()
		switch s.Op {
		case opentype.SegmentOpMoveTo:
			finish()
			add(place(a[0]), true)
		case opentype.SegmentOpLineTo:
			add(place(a[0]), true)
		case opentype.SegmentOpQuadTo:
			add(place(a[0]), false)
			add(place(a[1]), true)
		case opentype.SegmentOpCubeTo:
			cubic(open[len(open)-1], place(a[0]), place(a[1]), place(a[2]), 0, add)
		}
	}
	finish()
	return all
}

// cubic adds quadratic curves that are as good as a cubic one, halving it until they are. The distance of the best
// quadratic curve from a cubic one is √3/36 of its third difference.
func cubic(a, b, c, d point, depth int, add func(point, bool)) {
	dx, dy := d.x-3*c.x+3*b.x-a.x, d.y-3*c.y+3*b.y-a.y
	if depth > 5 || math.Hypot(dx, dy)*math.Sqrt(3)/36 < tolerance {
		add(point{(3*b.x + 3*c.x - a.x - d.x) / 4, (3*b.y + 3*c.y - a.y - d.y) / 4}, false)
		add(d, true)
		return
	}
	ab, bc, cd := a.mid(b), b.mid(c), c.mid(d)
	abc, bcd := ab.mid(bc), bc.mid(cd)
	middle := abc.mid(bcd)
	cubic(a, ab, abc, middle, depth+1, add)
	cubic(middle, bcd, cd, d, depth+1, add)
}

// closed rounds a contour's points, without the last when it is the first, and without those on the contour that lie
// in the middle between two others, which TrueType implies.
func closed(points []point, on []bool) contour {
	var c contour
	for i, p := range points {
		k := corner{int16(math.Round(p.x)), int16(math.Round(p.y)), on[i]}
		if len(c) > 0 && c[len(c)-1] == k {
			continue
		}
		c = append(c, k)
	}
	for len(c) > 1 && c[0] == c[len(c)-1] {
		c = c[:len(c)-1]
	}
	var short contour
	for i, k := range c {
		before, after := c[(i+len(c)-1)%len(c)], c[(i+1)%len(c)]
		if k.on && !before.on && !after.on && len(c) > 3 && i > 0 &&
			near(2*int(k.x), int(before.x)+int(after.x)) && near(2*int(k.y), int(before.y)+int(after.y)) {
			continue
		}
		short = append(short, k)
	}
	return short
}

type box struct{ left, bottom, right, top int16 }

func (b *box) add(x, y int16) {
	b.left, b.bottom, b.right, b.top = min(b.left, x), min(b.bottom, y), max(b.right, x), max(b.top, y)
}

// bounds are those of all the corners. ok is false for a glyph that is not drawn.
func bounds(all []contour) (b box, ok bool) {
	b = box{math.MaxInt16, math.MaxInt16, math.MinInt16, math.MinInt16}
	for _, c := range all {
		for _, k := range c {
			b.add(k.x, k.y)
			ok = true
		}
	}
	return b, ok
}

// Flags of a point. https://learn.microsoft.com/typography/opentype/spec/glyf#simple-glyph-description
const (
	onCurve = 1 << iota
	xShort
	yShort
	repeated
	xSame // or positive, when short
	ySame
)

// encode writes a simple glyph of the glyf table.
func encode(all []contour) []byte {
	b, ok := bounds(all)
	if !ok {
		return nil
	}
	var out, flags, xs, ys []byte
	for _, v := range []int16{int16(len(all)), b.left, b.bottom, b.right, b.top} {
		out = binary.BigEndian.AppendUint16(out, uint16(v))
	}
	end, x, y := -1, int16(0), int16(0)
	for _, c := range all {
		end += len(c)
		out = binary.BigEndian.AppendUint16(out, uint16(end))
		for _, k := range c {
			var flag byte
			if k.on {
				flag = onCurve
			}
			xs = appendDelta(xs, int(k.x)-int(x), &flag, xShort, xSame)
			ys = appendDelta(ys, int(k.y)-int(y), &flag, yShort, ySame)
			flags = append(flags, flag)
			x, y = k.x, k.y
		}
	}
	out = append(out, 0, 0) // no instructions
	for i := 0; i < len(flags); {
		n := 1
		for i+n < len(flags) && flags[i+n] == flags[i] && n < 256 {
			n++
		}
		if n > 2 {
			out = append(out, flags[i]|repeated, byte(n-1))
		} else {
			n = 1
			out = append(out, flags[i])
		}
		i += n
	}
	return append(append(out, xs...), ys...)
}

func appendDelta(to []byte, delta int, flag *byte, short, same byte) []byte {
	switch {
	case delta == 0:
		*flag |= same
	case delta > 0 && delta < 256:
		*flag |= short | same
		return append(to, byte(delta))
	case delta < 0 && delta > -256:
		*flag |= short
		return append(to, byte(-delta))
	default:
		return binary.BigEndian.AppendUint16(to, uint16(int16(delta)))
	}
	return to
}

func near(a, b int) bool { return a-b <= 1 && b-a <= 1 }
