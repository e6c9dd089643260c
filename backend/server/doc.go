// Package server puts the server together: stores, services, the wire, pages and metrics. It is
// used by the program chaperoned, by the demo and by tests of whole systems, and is the only
// place that knows all of backend.
//
// It promises that [New] either returns a server whose data is open and whose addresses are
// bound, or an error that [Explain] turns into one clear sentence; that every connection has a
// deadline and every message a limit; and that [Server.Run] returns only when every request has
// been answered or its time is up, and the data is closed.
//
// It never decides what a service answers, and never logs an address or anything of a request.
package server
