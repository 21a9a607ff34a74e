package command_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
)

func (g *google) convert(w http.ResponseWriter, r *http.Request) {
	claims := strings.Split(r.Header.Get("Authorization"), ".")
	audience, _ := base64.RawURLEncoding.DecodeString(claims[min(1, len(claims)-1)])
	if !strings.Contains(string(audience), `"aud":"`+g.URL+`"`) {
		http.Error(w, "wrong audience", http.StatusUnauthorized)
		return
	}
	body, _ := io.ReadAll(r.Body)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked++
	if g.refuse != nil {
		g.refuse(w, r)
		return
	}
	if g.asked <= len(g.answers) {
		g.answers[g.asked-1](w, r)
		return
	}
	if mediaType, parameters, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); mediaType == "multipart/form-data" {
		g.convertForm(w, multipart.NewReader(bytes.NewReader(body), parameters["boundary"]))
		return
	}
	var posted struct {
		Message struct{ Attributes map[string]string }
	}
	json.Unmarshal(body, &posted)
	g.convertMessage(w, posted.Message.Attributes)
}

func (g *google) convertForm(w http.ResponseWriter, parts *multipart.Reader) {
	fields := map[string]string{}
	for {
		part, err := parts.NextPart()
		if err != nil {
			break
		}
		content, _ := io.ReadAll(part)
		fields[part.FormName()] = string(content)
	}
	g.forms = append(g.forms, fields)
	if g.beforeForm != nil {
		g.beforeForm(len(g.forms))
	}
	if strings.HasPrefix(fields["file"], "bad") {
		answer(422, `{"error":"the document is damaged","code":"document_corrupt"}`)(w, nil)
		return
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("X-Pages", "3")
	w.Header().Set("X-Fonts-Substituted", "Comic%20Sans=Carlito+DejaVu%20Sans (other widths); A%3DB=A%2BB (same widths)")
	w.Header().Set("X-Fonts-Own", "Frutiger%20Neue; Meta")
	io.WriteString(w, "%PDF of "+fields["file"])
}

func (g *google) convertMessage(w http.ResponseWriter, attributes map[string]string) {
	g.messages = append(g.messages, attributes)
	source := attributes["bucketId"] + "/" + attributes["objectId"]
	found, there := g.objects[source]
	if generation := attributes["objectGeneration"]; !there || generation != "" &&
		generation != strconv.FormatInt(found.generation, 10) {
		answer(404, `{"error":"there is no such object `+source+`","code":"object_not_found"}`)(w, nil)
		return
	}
	if strings.HasPrefix(found.content, "bad") {
		answer(422, `{"error":"the document is damaged","code":"document_corrupt"}`)(w, nil)
		return
	}
	name := "out/" + strings.TrimSuffix(attributes["objectId"], ".docx") + ".pdf"
	if other, there := g.objects[name]; there && other.metadata["source-object"] != attributes["objectId"] {
		answer(409, `{"error":"another document's PDF is in the way","code":"output_taken"}`)(w, nil)
		return
	}
	pdf := g.put(name, "%PDF of "+found.content, map[string]string{
		"source-bucket": attributes["bucketId"], "source-object": attributes["objectId"],
		"source-generation": strconv.FormatInt(found.generation, 10),
	})
	if g.after != nil {
		g.after(g)
	}
	fmt.Fprintf(w, `{"error":"","pages":3,"bucket":"out","object":%q,"generation":"%d"}`, strings.TrimPrefix(name, "out/"),
		pdf.generation)
}
