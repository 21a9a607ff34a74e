package storage

import (
	"net/http"
	"net/url"
	"strconv"

	"docx2pdf/local/machinery/status"
)

// conditions is the state that a request's preconditions are held against
// (https://cloud.google.com/storage/docs/request-preconditions). Generation 0 means that no live object is there.
type conditions struct {
	generation     int64
	metageneration int64
	exists         bool
}

// errNotModified is the answer 304 to a read whose ifGenerationNotMatch or ifMetagenerationNotMatch fails.
var errNotModified = status.Errorf(status.Code{HTTP: http.StatusNotModified, Name: "FAILED_PRECONDITION",
	Reason: "conditionNotMet"}, "Not modified")

func (c conditions) check(q url.Values, method string) error {
	for name, test := range map[string]func(int64) bool{
		"ifGenerationMatch":        func(n int64) bool { return n == c.generation },
		"ifGenerationNotMatch":     func(n int64) bool { return n != c.generation },
		"ifMetagenerationMatch":    func(n int64) bool { return c.exists && n == c.metageneration },
		"ifMetagenerationNotMatch": func(n int64) bool { return !c.exists || n != c.metageneration },
	} {
		value := q.Get(name)
		if value == "" {
			continue
		}
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return invalid("Invalid value '%s' for %s.", value, name)
		}
		if test(n) {
			continue
		}
		if method == http.MethodGet && (name == "ifGenerationNotMatch" || name == "ifMetagenerationNotMatch") {
			return errNotModified
		}
		return status.Errorf(status.ConditionNotMet, "At least one of the pre-conditions you specified did not hold.")
	}
	return nil
}
