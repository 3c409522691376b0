package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

type deliveredRecord struct {
	topicPartition
	Offset        int64        `json:"offset"`
	Key           *string      `json:"key"`
	Value         *string      `json:"value"`
	Headers       [][2]*string `json:"headers"`
	TimestampMs   int64        `json:"timestampMs"`
	DeliveryCount *int32       `json:"deliveryCount"`
}

func deliveredOf(record *kgo.Record) deliveredRecord {
	headers := [][2]*string{}
	for _, header := range record.Headers {
		headers = append(headers, [2]*string{&header.Key, text(header.Value)})
	}
	var count *int32
	if n := record.DeliveryCount(); n > 0 {
		count = &n
	}
	return deliveredRecord{topicPartition{record.Topic, record.Partition}, record.Offset, text(record.Key), text(record.Value), headers,
		record.Timestamp.UnixMilli(), count}
}

func deliveredList(records []*kgo.Record) []deliveredRecord {
	list := make([]deliveredRecord, len(records))
	for i, record := range records {
		list[i] = deliveredOf(record)
	}
	return list
}

// Polls until there is a record, the time is over or the client is refused for good.
func pollRecords(ctx context.Context, client *kgo.Client, line []byte) ([]*kgo.Record, error) {
	told := struct {
		TimeoutMs float64 `json:"timeoutMs"`
	}{}
	if err := json.Unmarshal(line, &told); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(told.TimeoutMs*float64(time.Millisecond)))
	defer cancel()
	for {
		fetches := client.PollFetches(ctx)
		var refused error
		fetches.EachError(func(topic string, partition int32, err error) {
			if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
				return
			}
			fmt.Fprintf(os.Stderr, "poll: topic %q, partition %d: %v\n", topic, partition, err)
			// Errors of partitions are tried again by the client; without a topic it is the group or the client.
			if topic == "" && !kerr.IsRetriable(err) {
				refused = err
			}
		})
		if records := fetches.Records(); len(records) > 0 {
			return records, nil
		}
		if refused != nil || ctx.Err() != nil {
			return nil, refused
		}
	}
}

// A consumer without a group.
type reader struct {
	context context.Context
	client  *kgo.Client
}

func newReader(ctx context.Context, bootstrap string, line []byte) (named, error) {
	told := struct {
		Isolation  string `json:"isolation"`
		Partitions []struct {
			topicPartition
			Offset any `json:"offset"`
		} `json:"partitions"`
	}{}
	if err := json.Unmarshal(line, &told); err != nil {
		return nil, err
	}
	isolation := kgo.ReadUncommitted()
	if told.Isolation == "read_committed" {
		isolation = kgo.ReadCommitted()
	}
	client, err := kgo.NewClient(append(optionsOf(bootstrap), kgo.FetchIsolationLevel(isolation), kgo.FetchMaxWait(500*time.Millisecond))...)
	if err != nil {
		return nil, err
	}
	partitions := map[string]map[int32]kgo.Offset{}
	for _, from := range told.Partitions {
		offset := kgo.NewOffset().AtStart()
		switch at := from.Offset.(type) {
		case float64:
			offset = kgo.NewOffset().At(int64(at))
		case string:
			if at == "latest" {
				// The end as it is now, not at the first poll.
				ends, err := kadm.NewClient(client).ListEndOffsets(ctx, from.Topic)
				if err == nil {
					err = ends.Error()
				}
				if err != nil {
					client.Close()
					return nil, err
				}
				end, _ := ends.Lookup(from.Topic, from.Partition)
				offset = kgo.NewOffset().At(end.Offset)
			}
		}
		if partitions[from.Topic] == nil {
			partitions[from.Topic] = map[int32]kgo.Offset{}
		}
		partitions[from.Topic][from.Partition] = offset
	}
	client.AddConsumePartitions(partitions)
	return &reader{ctx, client}, nil
}

func (r *reader) handle(op string, line []byte) (any, error) {
	switch op {
	case "poll":
		records, err := pollRecords(r.context, r.client, line)
		return deliveredList(records), err
	case "close":
		r.client.Close()
		return nil, nil
	}
	return nil, errUnknownOp
}

type recordID struct {
	topicPartition
	offset int64
}

type shareConsumer struct {
	context  context.Context
	client   *kgo.Client
	topics   map[string]bool
	explicit bool

	// Of the last poll that gave some: what acknowledging needs, and in explicit mode what still has to be acknowledged.
	delivered      map[recordID]*kgo.Record
	unacknowledged map[recordID]bool
	renewed        []*kgo.Record

	resultsLock sync.Mutex
	// The error of each partition since the last poll that gave some; nil where all was taken.
	results map[topicPartition]error
}

func newShareConsumer(ctx context.Context, bootstrap string, line []byte) (named, error) {
	told := struct {
		Group          string   `json:"group"`
		Topics         []string `json:"topics"`
		Mode           string   `json:"mode"`
		AcquireMode    string   `json:"acquireMode"`
		MaxPollRecords int32    `json:"maxPollRecords"`
		ClientID       string   `json:"clientId"`
	}{MaxPollRecords: 500}
	if err := json.Unmarshal(line, &told); err != nil {
		return nil, err
	}
	consumer := &shareConsumer{context: ctx, topics: map[string]bool{}, explicit: told.Mode == "explicit", results: map[topicPartition]error{}}
	options := append(optionsOf(bootstrap), kgo.ShareGroup(told.Group), kgo.ConsumeTopics(told.Topics...),
		kgo.ShareMaxRecords(told.MaxPollRecords), kgo.ShareAckCallback(consumer.acknowledged),
		// Nothing is acquired for a consumer that does not poll.
		kgo.MaxConcurrentFetches(0))
	for _, topic := range told.Topics {
		consumer.topics[topic] = true
	}
	if told.AcquireMode == "record_limit" {
		options = append(options, kgo.ShareMaxRecordsStrict())
	}
	if told.ClientID != "" {
		options = append(options, kgo.ClientID(told.ClientID))
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return nil, &ownError{"INVALID_ARGUMENT", err.Error()}
	}
	consumer.client = client
	return consumer, nil
}

func (c *shareConsumer) acknowledged(_ *kgo.Client, results kgo.ShareAckResults) {
	c.resultsLock.Lock()
	defer c.resultsLock.Unlock()
	for _, result := range results {
		partition := topicPartition{result.Topic, result.Partition}
		if c.results[partition] == nil {
			c.results[partition] = result.Err
		}
	}
}

func (c *shareConsumer) handle(op string, line []byte) (any, error) {
	switch op {
	case "subscribe":
		return nil, c.subscribe(line)
	case "poll":
		records, err := c.poll(line)
		return deliveredList(records), err
	case "acknowledge":
		return nil, c.acknowledge(line)
	case "commitSync":
		return c.commitSync(line)
	case "close":
		c.client.Close()
		return nil, nil
	}
	return nil, errUnknownOp
}

func (c *shareConsumer) subscribe(line []byte) error {
	told := struct {
		Topics []string `json:"topics"`
	}{}
	if err := json.Unmarshal(line, &told); err != nil {
		return err
	}
	before := c.topics
	c.topics = map[string]bool{}
	for _, topic := range told.Topics {
		c.topics[topic] = true
		delete(before, topic)
	}
	c.client.AddConsumeTopics(told.Topics...)
	for topic := range before {
		c.client.PurgeTopicsFromConsuming(topic)
	}
	return nil
}

// franz-go accepts with a poll what was not acknowledged, in any mode, also what was only renewed. In explicit mode the driver
// keeps to the protocol instead: it refuses, and gives renewed records again.
func (c *shareConsumer) poll(line []byte) ([]*kgo.Record, error) {
	if c.explicit && len(c.unacknowledged) > 0 {
		return nil, &ownError{"ILLEGAL_STATE", fmt.Sprintf("%d records of the last poll are not acknowledged", len(c.unacknowledged))}
	}
	records := c.renewed
	if len(records) == 0 {
		var err error
		records, err = pollRecords(c.context, c.client, line)
		if len(records) == 0 {
			return nil, err
		}
		c.delivered = map[recordID]*kgo.Record{}
	}
	c.renewed = nil
	c.unacknowledged = map[recordID]bool{}
	for _, record := range records {
		id := recordID{topicPartition{record.Topic, record.Partition}, record.Offset}
		c.delivered[id] = record
		c.unacknowledged[id] = true
	}
	c.resultsLock.Lock()
	defer c.resultsLock.Unlock()
	c.results = map[topicPartition]error{}
	return records, nil
}

var ackTypes = map[string]kgo.AckStatus{"accept": kgo.AckAccept, "release": kgo.AckRelease, "reject": kgo.AckReject, "renew": kgo.AckRenew}

func (c *shareConsumer) acknowledge(line []byte) error {
	told := struct {
		Acks []struct {
			topicPartition
			Offset int64  `json:"offset"`
			Type   string `json:"type"`
		} `json:"acks"`
	}{}
	if err := json.Unmarshal(line, &told); err != nil {
		return err
	}
	for _, ack := range told.Acks {
		id := recordID{ack.topicPartition, ack.Offset}
		record, status := c.delivered[id], ackTypes[ack.Type]
		if record == nil {
			return &ownError{"ILLEGAL_STATE", fmt.Sprintf("the last poll did not give %v", id)}
		}
		if status == 0 {
			return &ownError{"INVALID_ARGUMENT", "there is no type " + ack.Type}
		}
		record.Ack(status)
		delete(c.unacknowledged, id)
		if status == kgo.AckRenew {
			c.renewed = append(c.renewed, record)
		}
	}
	return nil
}

type commitResult struct {
	topicPartition
	Error *errorOf `json:"error"`
}

func (c *shareConsumer) commitSync(line []byte) (any, error) {
	told := struct {
		TimeoutMs int64 `json:"timeoutMs"`
	}{TimeoutMs: 30_000}
	if err := json.Unmarshal(line, &told); err != nil {
		return nil, err
	}
	if !c.explicit {
		c.client.MarkAcks(kgo.AckAccept)
	}
	ctx, cancel := context.WithTimeout(c.context, time.Duration(told.TimeoutMs)*time.Millisecond)
	defer cancel()
	if err := c.client.FlushAcks(ctx); err != nil {
		return nil, err
	}
	c.resultsLock.Lock()
	defer c.resultsLock.Unlock()
	results := []commitResult{}
	for partition, err := range c.results {
		results = append(results, commitResult{partition, errorOfErr(err)})
	}
	c.results = map[topicPartition]error{}
	return results, nil
}
