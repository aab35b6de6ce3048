package main

import (
	"embed"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// pages are what `help TOPIC` shows.
//
//go:embed docs/*.md
var pages embed.FS

func helpVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "help", Usage: "list the verbs, or show the help of a verb or a topic", ArgsUsage: "[VERB | TOPIC]",
		Description: "Topics: " + strings.Join(topics(), ", "),
		Action: func(c *cli.Context) error {
			if err := arguments(c, 0, 1, "one verb or topic"); err != nil {
				return err
			}
			return help(c, v, c.Args().First())
		},
	}
}

func help(c *cli.Context, v *voice, word string) error {
	if word == "" {
		if err := cli.ShowAppHelp(c.Lineage()[1]); err != nil {
			return err
		}
		v.say("\nTopics, with rosterload help TOPIC: %s", strings.Join(topics(), ", "))
		return nil
	}
	page, err := pages.ReadFile("docs/" + word + ".md")
	if verb := c.App.Command(word); verb != nil && !verb.Hidden {
		if failed := cli.ShowCommandHelp(c.Lineage()[1], word); failed != nil || err != nil {
			return failed
		}
		v.say("") // a verb with a page of its own: the page follows
	}
	if err != nil {
		known := append(verbNames(c.App), topics()...)
		return usage("rosterload help lists verbs and topics", "no help on %q%s", word, meant(word, known))
	}
	v.print(string(page))
	return nil
}

// topics are the names of the pages.
func topics() []string {
	files, _ := fs.Glob(pages, "docs/*.md")
	for i, name := range files {
		files[i] = strings.TrimSuffix(strings.TrimPrefix(name, "docs/"), ".md")
	}
	slices.Sort(files)
	return files
}

func versionVerb(v *voice) *cli.Command {
	return &cli.Command{
		Name: "version", Usage: "print the version",
		Action: func(c *cli.Context) error {
			if err := arguments(c, 0, 0, "no argument"); err != nil {
				return err
			}
			v.say("rosterload %s", version)
			return nil
		},
	}
}

// printHelp breaks the lines of help where a terminal ends.
func printHelp(out io.Writer, text string, data any) {
	width := (&voice{out: out}).width()
	if width < 40 {
		cli.HelpPrinterCustom(out, text, data, nil)
		return
	}
	var whole strings.Builder
	cli.HelpPrinterCustom(&whole, text, data, nil)
	for line := range strings.Lines(whole.String()) {
		_, _ = io.WriteString(out, broken(line, width-1))
	}
}

// broken breaks a line between words. What follows stands below the text of the line, behind its indent or its first
// column.
func broken(line string, width int) string {
	indent := len(line) - len(strings.TrimLeft(line, " "))
	if gap := strings.Index(line[indent:], "  "); gap > 0 {
		below := indent + gap + len(line[indent+gap:]) - len(strings.TrimLeft(line[indent+gap:], " "))
		if below < width/2 {
			indent = below
		}
	}
	var whole strings.Builder
	for len(strings.TrimRight(line, "\n")) > width {
		end := strings.LastIndexByte(line[:width+1], ' ')
		if end <= indent {
			break
		}
		whole.WriteString(strings.TrimRight(line[:end], " ") + "\n")
		line = strings.Repeat(" ", indent) + strings.TrimLeft(line[end:], " ")
	}
	return whole.String() + line
}
