package provider

import (
	"maps"
	"slices"
)

// lifecycleRules are the bucket's rules as Google wants them: the state of
// objects is a boolean there, and an age of 0 counts unless noAge is set.
func lifecycleRules(c *call) []any {
	rules, _ := c.kind.encodeValue(c.inputs["lifecycleRules"], c.schema.Inputs["lifecycleRules"]).([]any)
	for _, rule := range rules {
		condition, ok := rule.(map[string]any)["condition"].(map[string]any)
		if !ok {
			continue
		}
		switch condition["withState"] {
		case "LIVE":
			condition["isLive"] = true
		case "ARCHIVED":
			condition["isLive"] = false
		}
		if age, ok := condition["age"]; condition["noAge"] == true {
			delete(condition, "age")
		} else if !ok {
			condition["age"] = 0
		} else {
			condition["age"] = age
		}
		for flag, field := range map[string]string{
			"sendDaysSinceNoncurrentTimeIfZero": "daysSinceNoncurrentTime",
			"sendDaysSinceCustomTimeIfZero":     "daysSinceCustomTime",
			"sendNumNewerVersionsIfZero":        "numNewerVersions",
		} {
			if isEmpty(condition[field]) && condition[flag] != true {
				delete(condition, field)
			}
			delete(condition, flag)
		}
		maps.DeleteFunc(condition, func(name string, v any) bool {
			return name == "withState" || name == "noAge" || name != "age" && name != "isLive" && v == ""
		})
	}
	return append([]any{}, rules...)
}

// withStates is the way back of lifecycleRules.
func withStates(rules []any) []any {
	rules = slices.Clone(rules)
	for i := range rules {
		rule := maps.Clone(rules[i].(map[string]any))
		condition, _ := rule["condition"].(map[string]any)
		condition = maps.Clone(condition)
		if condition != nil {
			state := "ANY"
			if live, ok := condition["isLive"].(bool); ok && live {
				state = "LIVE"
			} else if ok {
				state = "ARCHIVED"
			}
			_, hasAge := condition["age"]
			condition["withState"], condition["noAge"] = state, !hasAge
			rule["condition"] = condition
		}
		rules[i] = rule
	}
	return rules
}
