package command

import (
	"context"
	"fmt"
	"os"
	"regexp"

	"github.com/spf13/cobra"

	"docx2pdf/client/page"
)

func newServe(g *globals) *cobra.Command {
	config := page.Config{}
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve a page for converting on this machine, and the service's HTTP forms to its programs",
		Long: `Serves a page where documents are dropped, and below the same address the service's own HTTP forms,
so that any program on this machine converts without signing in. One that was written for Gotenberg
takes the address as GOTENBERG_ENDPOINT, or whatever it calls that.

The address is on loopback and holds a random token: whoever knows it may convert as you. Web sites
are refused. With --address and DOCX2PDF_SERVE_TOKEN it stays the same from one start to the next.`,
		Example: `  client serve
  curl --fail --data-binary @demo.docx --output demo.pdf ADDRESS`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			config.Token = os.Getenv("DOCX2PDF_SERVE_TOKEN")
			if config.Token != "" && !goodToken.MatchString(config.Token) {
				return wrongUse(c, "DOCX2PDF_SERVE_TOKEN has to have 16 to 100 letters and digits, so that nobody guesses it")
			}
			account, err := g.signIn(c.Context())
			if err != nil {
				return err
			}
			config.Service, config.Tokens = account.URL, account.IDTokens
			server, err := page.Listen(config)
			if err != nil {
				return fmt.Errorf("serving the page: %w", err)
			}
			context.AfterFunc(c.Context(), func() { server.Close() })
			fmt.Fprintf(c.OutOrStdout(), "%s\n", server.URL())
			fmt.Fprintln(c.ErrOrStderr(), "Open this address in a browser; Ctrl-C ends it.")
			return server.Serve()
		},
	}
	c.Flags().StringVar(&config.Address, "address", "127.0.0.1:0",
		"where to listen, an `address` of loopback; port 0 takes a free one")
	return c
}

var goodToken = regexp.MustCompile(`^[A-Za-z0-9]{16,100}$`)
