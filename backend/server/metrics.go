package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/chaperone-privacy/chaperone/backend/limit"
	"github.com/chaperone-privacy/chaperone/backend/logwriter"
	"github.com/chaperone-privacy/chaperone/backend/rpc"
	"github.com/chaperone-privacy/chaperone/backend/vaultsync"
)

var _ rpc.Observer = (*metrics)(nil)

// metrics counts requests. Every label comes from a closed set: procedures of the schema, codes,
// reasons and operations. None comes from a request.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight *prometheus.GaugeVec
	refused  *prometheus.CounterVec
	store    *prometheus.HistogramVec
}

func newMetrics(gate *limit.Gate) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "chaperone_requests_total", Help: "Requests answered, by procedure and code.",
		}, []string{"procedure", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "chaperone_request_seconds", Help: "Time from the first byte to the answer, by procedure.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"procedure"}),
		inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "chaperone_requests_in_flight", Help: "Requests that have begun and not ended, by procedure.",
		}, []string{"procedure"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "chaperone_refused_total", Help: "Requests refused by a limit, by which.",
		}, []string{"limit"}),
		store: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "chaperone_store_seconds", Help: "Time the store took, by operation and result.",
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5},
		}, []string{"operation", "result"}),
	}
	m.registry.MustRegister(
		m.requests, m.seconds, m.inFlight, m.refused, m.store,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "chaperone_gate_busy", Help: "Requests being worked on.",
		}, func() float64 { busy, _ := gate.Busy(); return float64(busy) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "chaperone_gate_waiting", Help: "Requests that wait for a place.",
		}, func() float64 { _, waiting := gate.Busy(); return float64(waiting) }),
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	for _, reason := range []limit.Reason{limit.ReasonAddress, limit.ReasonNetwork, limit.ReasonQueue} {
		m.refused.WithLabelValues(string(reason))
	}
	return m
}

// Began implements rpc.Observer.
func (m *metrics) Began(procedure string) { m.inFlight.WithLabelValues(procedure).Inc() }

// Ended implements rpc.Observer.
func (m *metrics) Ended(procedure, code string, took time.Duration) {
	m.inFlight.WithLabelValues(procedure).Dec()
	m.requests.WithLabelValues(procedure, code).Inc()
	m.seconds.WithLabelValues(procedure).Observe(took.Seconds())
}

// Refused implements rpc.Observer.
func (m *metrics) Refused(reason limit.Reason) { m.refused.WithLabelValues(string(reason)).Inc() }

// watchLogs shows where the logs stand.
func (m *metrics) watchLogs(g *logs) {
	for _, l := range []struct {
		name   string
		signer *logwriter.Signer
	}{{"keys", g.keys}, {"msgs", g.msgs}} {
		labels := prometheus.Labels{"log": l.name}
		m.registry.MustRegister(
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{
				Name: "chaperone_log_witnessed_size", Help: "Size of the newest head with enough witnesses.", ConstLabels: labels,
			}, func() float64 { return float64(l.signer.Frozen()) }),
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{
				Name: "chaperone_log_stopped", Help: "1 when the log is behind its witnesses or differs from what was signed.", ConstLabels: labels,
			}, func() float64 {
				if l.signer.Err() != nil {
					return 1
				}
				return 0
			}),
		)
	}
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// timedVaults measures a vaultsync.Store.
type timedVaults struct {
	store   vaultsync.Store
	now     func() time.Time
	metrics *metrics
}

var _ vaultsync.Store = (*timedVaults)(nil)

func (t *timedVaults) observe(operation string, start time.Time, err error) {
	result := "ok"
	switch {
	case err == nil:
	case errors.Is(err, vaultsync.ErrNotFound), errors.Is(err, vaultsync.ErrConflict),
		errors.Is(err, vaultsync.ErrDeleted), errors.Is(err, vaultsync.ErrProof):
		result = "refused"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		result = "cancelled"
	default:
		result = "failed"
	}
	t.metrics.store.WithLabelValues(operation, result).Observe(t.now().Sub(start).Seconds())
}

// Get implements vaultsync.Store.
func (t *timedVaults) Get(ctx context.Context, key vaultsync.Key, have uint64) (row vaultsync.Row, err error) {
	start := t.now()
	row, err = t.store.Get(ctx, key, have)
	t.observe("vault_get", start, err)
	return row, err
}

// Put implements vaultsync.Store.
func (t *timedVaults) Put(ctx context.Context, w vaultsync.Write) error {
	start := t.now()
	err := t.store.Put(ctx, w)
	t.observe("vault_put", start, err)
	return err
}

// Delete implements vaultsync.Store.
func (t *timedVaults) Delete(ctx context.Context, key vaultsync.Key, owner vaultsync.PublicKey, day int64) error {
	start := t.now()
	err := t.store.Delete(ctx, key, owner, day)
	t.observe("vault_delete", start, err)
	return err
}

// Purge implements vaultsync.Store.
func (t *timedVaults) Purge(ctx context.Context, before int64) (int, error) {
	start := t.now()
	n, err := t.store.Purge(ctx, before)
	t.observe("vault_purge", start, err)
	return n, err
}
