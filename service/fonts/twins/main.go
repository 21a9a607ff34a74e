// Twins makes the fonts that stand for Microsoft's, in this user's cache or in a folder that it is told:
//
//	go run ./service/fonts/twins [FOLDER]
package main

import (
	"fmt"
	"os"

	"docx2pdf/service/fonts"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "twins:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) > 0 {
		return fonts.Make(args[0])
	}
	dir, err := fonts.TwinDir()
	if err == nil {
		fmt.Println(dir)
	}
	return err
}
