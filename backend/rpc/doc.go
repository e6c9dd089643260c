// Package rpc is the server's wire: it turns requests into calls of services and their answers
// into messages, and does nothing else. Connect, gRPC and gRPC-Web arrive on the same routes.
//
// It promises that every text a caller sees is written here ([answerFor] is the only mapper),
// says what to do next, and repeats nothing of the request; that what cannot be read is refused
// with a client's error, never with an internal one; that a panic costs one request; and that
// logs and metrics know a request by its procedure, its code, how long it took and a random id.
//
// It never logs or keeps an address, a field of a message or a header, and holds no rules of the
// product: those live in the services.
package rpc
