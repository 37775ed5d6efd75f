#include "telemetry/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <utility>
#include <vector>

namespace hookline::telemetry {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

class Page {
 public:
  void Gauge(std::string name, std::string help, std::int64_t value) {
    ClientMetric metric;
    metric.gauge.value = static_cast<double>(value);
    families_.push_back({std::move(name), std::move(help), MetricType::Gauge, {metric}});
  }

  void Counter(std::string name, std::string help, std::int64_t value) {
    families_.push_back(
        {std::move(name), std::move(help), MetricType::Counter, {CounterMetric({}, value)}});
  }

  void Add(MetricFamily family) { families_.push_back(std::move(family)); }

  static ClientMetric CounterMetric(std::vector<ClientMetric::Label> labels, std::int64_t value) {
    ClientMetric metric;
    metric.label = std::move(labels);
    metric.counter.value = static_cast<double>(value);
    return metric;
  }

  std::string Text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  std::vector<MetricFamily> families_;
};

// Summed over the apps: their number is not bounded, that of the series is.
void AddSyncHooks(Page& page, const std::vector<hooks::HookReport>& sync_hooks) {
  MetricFamily calls;
  calls.name = "hookline_sync_hook_calls_total";
  calls.help = "Calls of synchronous hooks by kind and what came of them.";
  calls.type = MetricType::Counter;
  std::int64_t paused = 0;
  for (const auto kind : {hooks::HookKind::kBeforeMessageSend, hooks::HookKind::kCommand}) {
    hooks::AnswerCounts sum;
    for (const hooks::HookReport& report : sync_hooks) {
      if (report.kind != kind) continue;
      paused += report.state == hooks::HealthState::kPaused ? 1 : 0;
      for (std::size_t i = 0; i < kFailureClasses; ++i) {
        sum.by_class[i] += report.counts.by_class[i];
      }
    }
    for (std::size_t i = 0; i < kFailureClasses; ++i) {
      const auto answer = static_cast<FailureClass>(i);
      calls.metric.push_back(Page::CounterMetric(
          {{"kind", std::string(hooks::ToString(kind))}, {"result", std::string(ToString(answer))}},
          static_cast<std::int64_t>(sum[answer])));
    }
  }
  page.Add(std::move(calls));
  page.Gauge("hookline_sync_hooks_paused", "Synchronous hooks that are paused now.", paused);
}

void AddQueues(Page& page, const store::QueueStats& queues) {
  page.Gauge("hookline_store_writes_queued",
             "Requests that wait for the writer or are written now.", queues.writes_queued);
  page.Gauge("hookline_store_write_queue_bytes", "What these take of the memory.",
             queues.write_bytes_queued);
  page.Counter("hookline_store_writes_rejected_total",
               "Requests turned away because the write queue was full.", queues.writes_rejected);
  page.Gauge("hookline_store_reads_queued", "Requests that wait for a reader or are read now.",
             queues.reads_queued);
  page.Counter("hookline_store_reads_rejected_total",
               "Requests turned away because readers had too much to do.", queues.reads_rejected);
  page.Counter("hookline_store_reads_timed_out_total",
               "Requests given up because their queries took too long.", queues.reads_timed_out);
}

void AddStorage(Page& page, const store::StorageStats& storage) {
  page.Gauge("hookline_store_bytes", "Size of the database's file.", storage.bytes);
  page.Gauge("hookline_store_free_bytes", "Room in the file that is used again.",
             storage.bytes_free);
  page.Counter("hookline_retention_payloads_total", "Payloads removed for their age.",
               storage.bodies_emptied);
  page.Counter("hookline_retention_deliveries_total", "Deliveries removed for their age.",
               storage.deliveries_removed);
}

}  // namespace

std::string RenderMetrics(const delivery::DispatcherStats& delivery, const ServerFigures& server,
                          const std::vector<hooks::HookReport>& sync_hooks) {
  Page page;
  page.Gauge("hookline_http_connections", "API connections open now.", server.connections);
  page.Gauge("hookline_request_memory_bytes", "Bytes that requests and answers hold now.",
             server.request_memory);
  page.Gauge("hookline_store_healthy", "1 while the store takes writes.",
             server.store_healthy ? 1 : 0);
  AddQueues(page, server.queues);
  AddStorage(page, server.storage);
  page.Gauge("hookline_deliveries_in_memory", "Deliveries loaded now.", delivery.in_memory);
  page.Gauge("hookline_attempts_in_flight", "Attempts under way now.", delivery.in_flight);
  page.Gauge("hookline_outcomes_unrecorded", "Outcomes that are not committed yet.",
             delivery.unrecorded);
  page.Counter("hookline_attempts_total", "Attempts recorded.", delivery.attempts);
  page.Counter("hookline_deliveries_delivered_total", "Deliveries that arrived.",
               delivery.delivered);
  page.Counter("hookline_deliveries_dead_total", "Deliveries that became dead letters.",
               delivery.dead);
  page.Counter("hookline_deliveries_cancelled_total",
               "Deliveries cancelled because their hook was deleted or disabled.",
               delivery.cancelled);
  page.Counter("hookline_hooks_disabled_total", "Hooks switched off by an answer of 410 Gone.",
               delivery.hooks_disabled);
  page.Counter("hookline_outcome_record_failures_total",
               "Times that writing outcomes down failed and was tried again.",
               delivery.record_failures);

  MetricFamily failed;
  failed.name = "hookline_failed_attempts_total";
  failed.help = "Failed attempts by class; \"status\" is an answer outside 200 to 299.";
  failed.type = MetricType::Counter;
  // Of synchronous hooks only are those that follow, and kCancelled is not recorded.
  for (std::size_t i = 1; i <= static_cast<std::size_t>(FailureClass::kStatus); ++i) {
    const auto failure = static_cast<FailureClass>(i);
    if (failure == FailureClass::kCancelled) continue;
    failed.metric.push_back(Page::CounterMetric({{"class", std::string(ToString(failure))}},
                                                delivery.failed_attempts[i]));
  }
  page.Add(std::move(failed));
  AddSyncHooks(page, sync_hooks);
  return page.Text();
}

}  // namespace hookline::telemetry
