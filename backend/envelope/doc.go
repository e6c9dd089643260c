// Package envelope keeps sealed messages: it publishes them into the msgs log and looks them up by
// id. It is the service behind publishing and LookUp, and knows nothing of the wire.
//
// What it can see of a message is an id and an envelope of one of four sizes, both derived from a
// code that it never learns; a leaf of 48 bytes that says nothing to anybody without the message;
// the month until which to keep it; and, for patients with the app, a watch id with a copy sealed
// for that patient. It does not keep who published.
//
// It promises:
//   - what Publish acknowledged is durable and in the log, once: the same bytes sent again give the
//     same index, other bytes under the same id or commit are refused;
//   - every answer of LookUp has exactly [AnswerSize] bytes and costs the store the same queries,
//     whether there is a message, there was one, or there never was;
//   - an envelope is gone after its last day, and its tombstone a year later. Leaves stay.
//
// It never opens an envelope, never keeps a time finer than a day, and never logs an id.
package envelope
