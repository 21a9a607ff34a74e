package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
	"golang.org/x/sync/errgroup"
	"google.golang.org/api/option"
	"google.golang.org/api/pubsub/v1"
	"google.golang.org/api/storage/v1"
)

// eventFaults are what the local cloud does to deliveries and to Cloud Storage meanwhile.
const eventFaults = `{
  "duplicateEvery": 5,
  "rules": [
    {"call": "run.routes.invoke", "every": 17, "lose": true},
    {"call": "run.routes.invoke", "every": 23, "status": 503},
    {"call": "storage.objects.get", "every": 31, "status": 503},
    {"call": "storage.objects.insert", "every": 29, "lose": true}
  ]
}`

// soakEvents drops many documents into the input bucket of a whole stack, some twice and some damaged, while the fork
// server and the converter are killed and deliveries fail, all at random. Afterwards each document must have one PDF of
// its newest generation, or one record of its failure, and nothing else may be there.
func soakEvents(ctx context.Context, count int, seed uint64) error {
	c, err := startCloud(ctx, eventFaults)
	if err != nil {
		return err
	}
	defer c.stop()
	if _, _, err := pulumi(ctx, nil, "up", "--yes", "--skip-preview"); err != nil {
		return err
	}
	s, err := openStack(ctx)
	if err == nil {
		err = hurry(ctx)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%d documents, seed %d\n", count, seed)
	began := time.Now()
	killing, stopKilling := context.WithCancel(ctx)
	killed := make(chan kills, 1)
	go func() {
		killed <- killAtRandom(killing, c.serve.Process.Pid, max(4, count/25), rand.New(rand.NewPCG(seed, 1)))
	}()
	dropped, err := s.drop(ctx, count, rand.New(rand.NewPCG(seed, 2)))
	dropping := time.Since(began)
	var wrong []string
	if err == nil {
		// Until most documents are there, for the rest to have their attempts.
		_, err = s.settle(ctx, dropped, count/5)
	}
	stopKilling()
	k := <-killed
	if err == nil {
		wrong, err = s.settle(ctx, dropped, 0)
	}
	if err != nil {
		return err
	}
	fmt.Printf("%d documents as events, seed %d: dropped in %.0f s, %d fork servers and %d converters killed; after "+
		"%.0f s %d PDFs, %d records, %d wrong\n",
		count, seed, dropping.Seconds(), k.forkServers, k.converters, time.Since(began).Seconds(),
		len(dropped)-damaged(dropped), damaged(dropped), len(wrong))
	if len(wrong) > 0 {
		return fmt.Errorf("seed %d: %s", seed, strings.Join(wrong[:min(20, len(wrong))], "\n"))
	}
	return nil
}

// hurry has Pub/Sub deliver again after seconds rather than minutes, and more often: what is shown is that
// nothing is lost, not how long it takes. https://cloud.google.com/pubsub/docs/handling-failures
func hurry(ctx context.Context) error {
	options := []option.ClientOption{option.WithEndpoint(strings.TrimSuffix(os.Getenv("GOOGLE_PUBSUB_CUSTOM_ENDPOINT"),
		"v1/")),
		option.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: os.Getenv("GOOGLE_OAUTH_ACCESS_TOKEN")}))}
	service, err := pubsub.NewService(ctx, options...)
	if err != nil {
		return err
	}
	project := "projects/" + os.Getenv("CLOUDSDK_CORE_PROJECT")
	all, err := service.Projects.Subscriptions.List(project).Context(ctx).Do()
	if err != nil {
		return fmt.Errorf("listing the subscriptions: %w", err)
	}
	for _, s := range all.Subscriptions {
		if s.PushConfig == nil || s.PushConfig.PushEndpoint == "" {
			continue
		}
		s.RetryPolicy = &pubsub.RetryPolicy{MinimumBackoff: "1s", MaximumBackoff: "5s"}
		s.DeadLetterPolicy.MaxDeliveryAttempts = 25
		_, err := service.Projects.Subscriptions.Patch(s.Name, &pubsub.UpdateSubscriptionRequest{
			Subscription: s, UpdateMask: "retryPolicy,deadLetterPolicy",
		}).Context(ctx).Do()
		if err != nil {
			return fmt.Errorf("changing %s: %w", s.Name, err)
		}
	}
	return nil
}

// droppedDocument is one as it was dropped last.
type droppedDocument struct {
	generation int64
	damaged    bool
}

func damaged(all map[string]droppedDocument) (n int) {
	for _, d := range all {
		if d.damaged {
			n++
		}
	}
	return n
}

// stack is what a caller outside Google Cloud has of one.
type stack struct {
	InputBucket  string `json:"inputBucket"`
	OutputBucket string `json:"outputBucket"`
	Key          string `json:"key"`
	storage      *storage.Service
}

func openStack(ctx context.Context) (*stack, error) {
	out, err := exec.CommandContext(ctx, "pulumi", "stack", "output", "--stack", "local", "--json",
		"--show-secrets").Output()
	if err != nil {
		return nil, fmt.Errorf("reading the stack's outputs: %w", err)
	}
	var s stack
	if err := json.Unmarshal(out, &s); err != nil {
		return nil, fmt.Errorf("reading the stack's outputs: %w", err)
	}
	credentials, err := google.JWTConfigFromJSON([]byte(s.Key), storage.DevstorageReadWriteScope)
	if err != nil {
		return nil, fmt.Errorf("reading the key: %w", err)
	}
	s.storage, err = storage.NewService(ctx, option.WithHTTPClient(credentials.Client(ctx)),
		option.WithEndpoint(os.Getenv("GOOGLE_STORAGE_CUSTOM_ENDPOINT")))
	return &s, err
}

// drop uploads the documents, eight at a time. One in twenty is damaged, one in ten is replaced, once or twice.
func (s *stack) drop(ctx context.Context, count int, random *rand.Rand) (map[string]droppedDocument, error) {
	var mu sync.Mutex
	dropped := map[string]droppedDocument{}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i := range count {
		name := fmt.Sprintf("%d/%06d.docx", i%7, i)
		var versions []bool // whether they are damaged
		for range 1 + random.IntN(10)/9*(1+random.IntN(2)) {
			versions = append(versions, random.IntN(20) == 0)
		}
		group.Go(func() error {
			for _, damaged := range versions {
				o, err := s.insert(ctx, name, docx(name, damaged))
				if err != nil {
					return err
				}
				mu.Lock()
				dropped[name] = droppedDocument{o.Generation, damaged}
				mu.Unlock()
			}
			return nil
		})
	}
	return dropped, group.Wait()
}

// insert uploads until it succeeds: an answer that is lost leaves a newer generation than was told.
func (s *stack) insert(ctx context.Context, name string, content []byte) (*storage.Object, error) {
	var last error
	for range 20 {
		o, err := s.storage.Objects.Insert(s.InputBucket,
			&storage.Object{Name: name}).Media(bytes.NewReader(content)).Context(ctx).Do()
		if err == nil {
			return o, nil
		}
		if last = err; ctx.Err() != nil {
			break
		}
	}
	return nil, fmt.Errorf("uploading %s: %w", name, last)
}

func docx(text string, isDamaged bool) []byte {
	body := "<w:p><w:r><w:t>" + text + "</w:t></w:r></w:p>"
	if isDamaged {
		body = "<w:p><w:r></w:p>"
	}
	const declaration = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`
	var buffer bytes.Buffer
	z := zip.NewWriter(&buffer)
	for _, part := range [][2]string{
		{"[Content_Types].xml", declaration + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ` +
			`ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`},
		{"_rels/.rels", declaration +
			`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" ` +
			`Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`},
		{"word/document.xml", declaration +
			`<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>` +
			body + `</w:body></w:document>`},
	} {
		w, err := z.Create(part[0])
		if err == nil {
			_, err = w.Write([]byte(part[1]))
		}
		if err != nil {
			panic(err) // into memory
		}
	}
	z.Close()
	return buffer.Bytes()
}

// settle waits until all documents but a few have what they are to have, or nothing more comes for five minutes, and
// returns what is wrong then.
func (s *stack) settle(ctx context.Context, dropped map[string]droppedDocument, few int) (wrong []string, err error) {
	if err := s.newest(ctx, dropped); err != nil {
		return nil, err
	}
	const patience = 5 * time.Minute
	progress, least := time.Now(), len(dropped)+1
	for {
		there, err := s.list(ctx, s.OutputBucket)
		if err != nil {
			return nil, err
		}
		missing := 0
		wrong = nil
		expected := map[string]bool{}
		for name, d := range dropped {
			stem := strings.TrimSuffix(name, ".docx")
			want, other := stem+".pdf", stem+".error.json"
			if d.damaged {
				want, other = other, want
			}
			expected[want] = true
			o := there[want]
			switch {
			case o == nil || o.Metadata["source-generation"] != fmt.Sprint(d.generation):
				missing++
				wrong = append(wrong, fmt.Sprintf("%s: no %s of generation %d", name, want, d.generation))
			// A replaced document's older PDF stays beside the record of the newer one.
			case there[other] != nil && there[other].Metadata["source-generation"] == fmt.Sprint(d.generation):
				wrong = append(wrong, fmt.Sprintf("%s has %s and %s", name, want, other))
			case there[other] != nil && !d.damaged:
				wrong = append(wrong, fmt.Sprintf("%s has a PDF and still %s", name, other))
			}
			expected[other] = expected[other] || there[other] != nil
		}
		for name := range there {
			if !expected[name] {
				wrong = append(wrong, name+" was not asked for")
			}
		}
		if missing < least {
			progress, least = time.Now(), missing
		}
		if missing <= few || time.Since(progress) > patience {
			return wrong, nil
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// newest learns the generations of the input bucket: those of uploads whose answers were lost are not known.
func (s *stack) newest(ctx context.Context, dropped map[string]droppedDocument) error {
	there, err := s.list(ctx, s.InputBucket)
	if err != nil {
		return err
	}
	for name, d := range dropped {
		if there[name] == nil {
			return fmt.Errorf("%s is not in the input bucket", name)
		}
		d.generation = there[name].Generation
		dropped[name] = d
	}
	return nil
}

func (s *stack) list(ctx context.Context, bucket string) (map[string]*storage.Object, error) {
	there := map[string]*storage.Object{}
	var err error
	for range 5 { // the faults meet these calls too
		err = s.storage.Objects.List(bucket).Pages(ctx, func(page *storage.Objects) error {
			for _, o := range page.Items {
				there[o.Name] = o
			}
			return nil
		})
		if err == nil {
			return there, nil
		}
	}
	return nil, fmt.Errorf("listing gs://%s: %w", bucket, errors.Join(err, ctx.Err()))
}
