// Command storageclient uses Google's own Go client for Cloud Storage against the local cloud:
// storageclient ENDPOINT KEYFILE BUCKET. It is a module of its own because that client brings half of Google Cloud's
// modules with it.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"cloud.google.com/go/storage"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"
)

func main() {
	if err := run(context.Background(), os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, endpoint, key, bucketName string) error {
	client, err := storage.NewClient(ctx, option.WithEndpoint(endpoint),
		option.WithAuthCredentialsFile(option.ServiceAccount, key))
	if err != nil {
		return err
	}
	defer client.Close()
	bucket := client.Bucket(bucketName)
	big := bytes.Repeat([]byte("0123456789abcdef"), 80<<10)

	w := bucket.Object("dir/a b.bin").If(storage.Conditions{DoesNotExist: true}).NewWriter(ctx)
	w.ChunkSize, w.ContentType, w.Metadata = 256<<10, "text/x", map[string]string{"k": "v"}
	if _, err := w.Write(big); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	fmt.Println("written", w.Attrs().Size, w.Attrs().ContentType, w.Attrs().Metadata["k"])

	again := bucket.Object("dir/a b.bin").If(storage.Conditions{DoesNotExist: true}).NewWriter(ctx)
	io.WriteString(again, "x")
	fmt.Println("again refused:", again.Close() != nil)

	r, err := bucket.Object("dir/a b.bin").NewReader(ctx)
	if err != nil {
		return fmt.Errorf("reading: %w", err)
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return fmt.Errorf("reading: %w", err)
	}
	fmt.Println("read", bytes.Equal(data, big))
	part, err := bucket.Object("dir/a b.bin").NewRangeReader(ctx, 16, 4)
	if err != nil {
		return fmt.Errorf("reading a range: %w", err)
	}
	data, err = io.ReadAll(part)
	fmt.Println("range", string(data), err)

	copied, err := bucket.Object("copy").CopierFrom(bucket.Object("dir/a b.bin")).Run(ctx)
	if err != nil {
		return fmt.Errorf("copying: %w", err)
	}
	fmt.Println("copied", copied.Size)
	composed, err := bucket.Object("both").ComposerFrom(bucket.Object("copy"), bucket.Object("dir/a b.bin")).Run(ctx)
	if err != nil {
		return fmt.Errorf("composing: %w", err)
	}
	fmt.Println("composed", composed.Size)
	updated, err := bucket.Object("copy").Update(ctx, storage.ObjectAttrsToUpdate{ContentType: "text/y"})
	if err != nil {
		return fmt.Errorf("updating: %w", err)
	}
	fmt.Println("updated", updated.ContentType)

	for it := bucket.Objects(ctx, &storage.Query{Delimiter: "/"}); ; {
		o, err := it.Next()
		if err == iterator.Done {
			break
		}
		if err != nil {
			return fmt.Errorf("listing: %w", err)
		}
		fmt.Println("listed", o.Name+o.Prefix)
	}
	_, err = bucket.Object("none").NewReader(ctx)
	fmt.Println("missing:", errors.Is(err, storage.ErrObjectNotExist))
	_, err = bucket.Object("none").Attrs(ctx)
	fmt.Println("missing:", errors.Is(err, storage.ErrObjectNotExist))
	for _, name := range []string{"copy", "both", "dir/a b.bin"} {
		if err := bucket.Object(name).Delete(ctx); err != nil {
			return fmt.Errorf("deleting: %w", err)
		}
	}
	fmt.Println("bucket refused:", bucket.Delete(ctx) != nil)
	return nil
}
