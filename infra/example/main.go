// Program example is another program with converters: one for letters, and a larger one for bills in another region.
package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"docx2pdf/infra/docx2pdf"
)

func main() { pulumi.Run(converters) }

func converters(ctx *pulumi.Context) error {
	letters, err := docx2pdf.NewConverter(ctx, "letters", &docx2pdf.ConverterArgs{
		Project: "my-project", Region: "us-central1", Source: "../..",
		ServiceName: "letters", CallerName: "letters-caller",
		RetentionDays: 30, Labels: map[string]string{"team": "letters"},
	})
	if err != nil {
		return err
	}
	bills, err := docx2pdf.NewConverter(ctx, "bills", &docx2pdf.ConverterArgs{
		Project: "my-project", Region: "europe-west1", Source: "../..",
		ServiceName: "bills", CallerName: "bills-caller", CPU: 4, NoKey: true,
	})
	if err != nil {
		return err
	}
	ctx.Export("lettersURL", letters.URL)
	ctx.Export("billsURL", bills.URL)
	return nil
}
