package console

import (
	"bytes"
	"encoding/json"

	"docx2pdf/local/google/logging"
)

// LogLine is an entry that a container or a build wrote.
type LogLine struct {
	ID       string `json:"id"`
	Time     string `json:"time"`
	Severity string `json:"severity"`
	Build    string `json:"build"`
	Service  string `json:"service"`
	Revision string `json:"revision"`
	Text     string `json:"text"`
	Fields   string `json:"fields"` // what a structured entry has beside its message, as JSON
}

// logLines turns entries into what the page shows. Cloud Run's own request log is left out: the page has requests.
func logLines(entries []logging.Entry) []LogLine {
	var lines []LogLine
	for _, e := range entries {
		if e.Resource == nil || e.HttpRequest != nil {
			continue
		}
		labels := e.Resource.Labels
		line := LogLine{
			ID:       e.InsertId,
			Time:     e.Timestamp,
			Severity: e.Severity,
			Build:    labels["build_id"],
			Service:  labels["service_name"],
			Revision: labels["revision_name"],
			Text:     e.TextPayload,
		}
		if len(e.JsonPayload) > 0 {
			line.Text, line.Fields = split(e.JsonPayload)
		}
		lines = append(lines, line)
	}
	return lines
}

// split parts a structured payload into its message and all other fields.
func split(payload []byte) (message, fields string) {
	var all map[string]any
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.UseNumber()
	if decoder.Decode(&all) != nil {
		return string(payload), ""
	}
	message, ok := all["message"].(string)
	if !ok {
		return string(payload), ""
	}
	delete(all, "message")
	if len(all) == 0 {
		return message, ""
	}
	rest, err := json.Marshal(all)
	if err != nil {
		return message, ""
	}
	return message, string(rest)
}
