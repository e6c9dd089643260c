// Package plain is line mode: the same path as the screens, one line after the other, for
// screen readers, for terminals that cannot draw, and for scripts.
//
// Everything is a numbered choice or a short answer. A few letters work at every question:
// n (I am threatened), v (check a message), b (back), ? (say that again) and x (leave). The
// end of the input leaves too, and loses nothing: what was reported as saved is on disk.
//
// It promises that nothing is drawn with lines or colours, that no sign carries meaning
// without a word, and that text from elsewhere is made harmless before it is shown. It never
// shows an error's own text; the words come from the function it is given.
package plain
