// Package verdict puts what verification found into words: the sign and the title of a
// finding, what it means, what to do, and what each remark says. The terminal, line mode, the
// command line and the SDK for phones all say it from here, so that no two of them can
// disagree.
//
// It promises that a finding it does not know is grey and never green, that no text of a
// sender passes without the caller's cleaning, and that "nobody answered" never looks like
// "this may be a trick". It never judges: that is package contact.
package verdict
