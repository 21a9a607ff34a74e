package provider

import (
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// drifted returns the last inputs as they would have to be for the program to
// have asked for what Google has now. It compares two states of Google's, not a
// state with inputs, which keeps Google's own spellings and defaults out of it.
func (c *call) drifted(now resource.PropertyMap) resource.PropertyMap {
	inputs := c.rawInputs.Copy()
	for name := range c.schema.Inputs {
		key := resource.PropertyKey(name)
		c.driftOf(inputs, key, resource.PropertyPath{name}, c.rawState[key], now[key])
	}
	return inputs
}

// driftOf puts the drift of one property into its object's inputs.
func (c *call) driftOf(inputs resource.PropertyMap, key resource.PropertyKey, path resource.PropertyPath, before,
	now resource.PropertyValue) {
	given, isGiven := inputs[key]
	switch {
	case same(plain(before), plain(now)):
	case isGiven && isEmpty(plain(now)) && !unwrap(now).IsObject():
		delete(inputs, key)
	case isGiven:
		inputs[key] = c.drift(given, path, before, now)
	case !slices.Contains(c.kind.computed, pathForm(path)):
		inputs[key] = now
	}
}

func (c *call) drift(given resource.PropertyValue, path resource.PropertyPath, before,
	now resource.PropertyValue) resource.PropertyValue {
	if same(plain(before), plain(now)) {
		return given
	}
	input, before, now := unwrap(given), unwrap(before), unwrap(now)
	result := now
	switch {
	case input.IsObject() && before.IsObject() && now.IsObject():
		fields := input.ObjectValue().Copy()
		for key := range union(before.ObjectValue(), now.ObjectValue()) {
			c.driftOf(fields, key, append(slices.Clone(path), string(key)), before.ObjectValue()[key], now.ObjectValue()[key])
		}
		result = resource.NewObjectProperty(fields)
	case input.IsArray() && before.IsArray() && now.IsArray() &&
		len(input.ArrayValue()) == len(now.ArrayValue()) && len(before.ArrayValue()) == len(now.ArrayValue()):
		list := slices.Clone(input.ArrayValue())
		for i := range list {
			list[i] = c.drift(list[i], append(slices.Clone(path), i), before.ArrayValue()[i], now.ArrayValue()[i])
		}
		result = resource.NewArrayProperty(list)
	}
	if given.IsSecret() {
		return resource.MakeSecret(result)
	}
	return result
}

func union(a, b resource.PropertyMap) resource.PropertyMap {
	all := a.Copy()
	for key, v := range b {
		all[key] = v
	}
	return all
}
