// Package browser holds proof that our pages work in a real browser: at both widths, light, dark and on paper, by
// keyboard alone, for a screen reader, with a hundred thousand rows, and without asking anything of any network. It
// drives the built program, as a person does. It is a module of its own, because nothing else needs a browser.
package browser
