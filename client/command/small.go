package command

import (
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"docx2pdf/client/settings"
)

func newToken(g *globals) *cobra.Command {
	return &cobra.Command{
		Use:     "token",
		Short:   "Print an ID token for the service, good for an hour",
		Example: `  curl --header "Authorization: Bearer $(client token)" --data-binary @demo.docx --output demo.pdf URL`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			account, err := g.signIn(c.Context())
			if err != nil {
				return err
			}
			token, err := account.IDTokens.Token()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), token.AccessToken)
			return err
		},
	}
}

func newSave(g *globals) *cobra.Command {
	var withKey bool
	c := &cobra.Command{
		Use:   "save [FILE]",
		Short: "Write where the converter is to a file, for people without Pulumi",
		Long: `Writes the service's URL, buckets and account to a file. Whoever has it uses the converter with
--config FILE or DOCX2PDF_CONFIG=FILE, or puts it where the client looks by itself, which is also
where it is written without a FILE. It holds no key unless --with-key is given: people sign in with
credentials of their own (gcloud auth application-default login).`,
		Example: `  client save colleagues.json`,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			found, err := settings.Find(c.Context(), g.request)
			if err != nil {
				return err
			}
			file, err := settings.Place()
			if len(args) == 1 {
				file, err = args[0], nil
			}
			if err != nil {
				return err
			}
			if !withKey {
				found.Key = ""
			}
			if err := settings.Save(file, found); err != nil {
				return err
			}
			_, err = fmt.Fprintln(c.OutOrStdout(), "saved", file)
			return err
		},
	}
	c.Flags().BoolVar(&withKey, "with-key", false, "write the key, too; whoever has the file can call the service")
	return c
}

func newVersion() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Print the client's version",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			version, revision := "unknown", "unknown"
			if info, ok := debug.ReadBuildInfo(); ok {
				version = info.Main.Version
				for _, s := range info.Settings {
					if s.Key == "vcs.revision" {
						revision = s.Value
					}
				}
			}
			if asJSON {
				return json.NewEncoder(c.OutOrStdout()).Encode(map[string]string{
					"version": version, "revision": revision, "go": runtime.Version(), "system": runtime.GOOS + "/" + runtime.GOARCH,
				})
			}
			_, err := fmt.Fprintf(c.OutOrStdout(), "client %s, revision %s, %s, %s/%s\n", version, revision, runtime.Version(),
				runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print an object")
	return c
}
