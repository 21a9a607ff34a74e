// Bench measures the converter against LibreOffice's own command and, if given, Gotenberg. It prints one table:
//
//	go run ./service/bench -corpus DIRECTORY -gotenberg http://127.0.0.1:3000
//
// Files are in memory, as on Cloud Run, unless TMPDIR names another place.
//
// With -conform it measures nothing, and checks that each document of the corpus becomes the PDF that LibreOffice's
// own command makes of it, in whatever order and company. With -soak it converts many documents and looks for what is
// left.
// With -word it compares PDFs with those that Word made of the same documents:
//
//	go run ./service/bench -word FOLDER -soffice
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	corpus := flag.String("corpus", os.Getenv("CORPUS"), "directory of documents to measure as well")
	gotenberg := flag.String("gotenberg", os.Getenv("GOTENBERG_URL"), "URL of a Gotenberg to compare with")
	demo := flag.String("demo", "demo.docx", "the document that the demo converts")
	url := flag.String("url", "", "a converter that runs already, instead of one that is built and started; for -conform")
	against := flag.String("against", "", "another converter that runs already, to compare PDFs with instead of soffice's")
	rounds := flag.Int("rounds", 30, "times that each document is converted for its latency")
	load := flag.Duration("load", 4*time.Second, "time of each throughput measurement")
	conform := flag.Bool("conform", false, "compare PDFs instead of measuring")
	soakFor := flag.Int("soak", 0, "convert this many documents and look for what is left of them, instead of measuring")
	word := flag.String("word", "",
		"folder of documents, each with the PDF that Word made of it beside it (NAME.docx, NAME.pdf), to compare with")
	withSoffice := flag.Bool("soffice", false, "with -word: soffice on this machine's fonts, too")
	flag.Parse()
	files := filesInMemory()
	if *word != "" {
		return likeWord(ctx, *word, *url, *gotenberg, *withSoffice)
	}

	documents, err := loadDocuments(*demo, *corpus)
	if err != nil {
		return err
	}
	command := &soffice{}
	defer command.stop()
	reference := engine(command)
	if *against != "" {
		reference = &converter{url: *against}
	}
	if *url != "" {
		return checkConformity(ctx, &converter{url: *url}, reference, documents)
	}
	service, err := startConverter(ctx)
	if err != nil {
		return err
	}
	defer service.stop()
	if *soakFor > 0 {
		return soak(ctx, service, documents, *soakFor)
	}
	if *conform {
		return checkConformity(ctx, service, reference, documents)
	}

	fmt.Printf("%d cores, %s/%s, LibreOffice %s, files in %s, go run ./service/bench\n\n", runtime.NumCPU(), runtime.GOOS,
		runtime.GOARCH, service.libreOffice, files)
	first, tenth, err := warmth(ctx, service, documents.named[1])
	if err != nil {
		return err
	}
	fmt.Printf("Start to ready: %d ms. The first document takes %s ms, the tenth %s ms.\n\n", service.ready.Milliseconds(),
		ms(first), ms(tenth))
	engines := []engine{service, command}
	if *gotenberg != "" {
		engines = append(engines, &gotenbergServer{*gotenberg})
	}
	var rows []row
	for _, d := range documents.named {
		for _, e := range engines {
			fmt.Fprintln(os.Stderr, "measuring", e.name(), "on", d.name)
			r, err := measure(ctx, e, d, *rounds, *load)
			if err != nil {
				return fmt.Errorf("%s on %s: %w", e.name(), d.name, err)
			}
			rows = append(rows, r)
		}
	}
	printRows(rows)
	if len(documents.corpus) > 0 {
		return measureCorpus(ctx, engines, documents.corpus)
	}
	return nil
}

// filesInMemory has every engine's files in memory, as they are on Cloud Run, unless TMPDIR says otherwise. It returns
// where they are. On ext4 the ten files of a page can take 2 ms of CPU: it does not make a file where it has just removed
// one, and looks for another place.
func filesInMemory() string {
	const memory = "/dev/shm"
	if os.Getenv("TMPDIR") != "" {
		return os.TempDir()
	}
	if dir, err := os.MkdirTemp(memory, "bench-"); err == nil {
		os.Remove(dir)
		os.Setenv("TMPDIR", memory)
	}
	return os.TempDir()
}

// likeWord compares engines with Word.
func likeWord(ctx context.Context, folder, url, gotenberg string, withSoffice bool) error {
	service := &converter{url: url}
	if url == "" {
		var err error
		if service, err = startConverter(ctx); err != nil {
			return err
		}
		defer service.stop()
	}
	engines := []engine{service}
	if withSoffice {
		command := &soffice{machineFonts: true}
		defer command.stop()
		engines = append(engines, command)
	}
	if gotenberg != "" {
		engines = append(engines, &gotenbergServer{gotenberg})
	}
	return compareWithWord(ctx, folder, engines)
}

func printRows(rows []row) {
	fmt.Println("| document | pages | engine | p50 ms | p95 ms | CPU ms | own MiB | 1 client /s | 2 | 4 | 8 |")
	fmt.Println("|---|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|")
	for _, r := range rows {
		cells := []string{r.document, strconv.Itoa(r.pages), r.engine, ms(r.p50), ms(r.p95), orNone(r.cpu > 0, ms(r.cpu)),
			orNone(r.own > 0, fmt.Sprintf("%.1f", float64(r.own)/(1<<20)))}
		for _, clients := range clientCounts {
			cells = append(cells, orNone(r.throughput[clients] > 0, fmt.Sprintf("%.1f", r.throughput[clients])))
		}
		fmt.Println("| " + strings.Join(cells, " | ") + " |")
	}
	fmt.Println()
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d.Microseconds())/1000) }

func orNone(known bool, text string) string {
	if !known {
		return "–"
	}
	return text
}
