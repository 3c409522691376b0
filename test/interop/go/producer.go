package main

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

type producer struct {
	context context.Context
	client  *kgo.Client
	noAcks  bool
}

// The partition of a record where one is told, as the manual partitioner does; franz-go's own choice where it is -1.
type toldOrOwn struct{ kgo.Partitioner }

type toldOrOwnOfTopic struct{ kgo.TopicPartitioner }

func (p toldOrOwn) ForTopic(topic string) kgo.TopicPartitioner {
	return toldOrOwnOfTopic{p.Partitioner.ForTopic(topic)}
}

func (p toldOrOwnOfTopic) RequiresConsistency(*kgo.Record) bool { return true }

func (p toldOrOwnOfTopic) Partition(record *kgo.Record, count int) int {
	if record.Partition >= 0 {
		return int(record.Partition)
	}
	return p.TopicPartitioner.Partition(record, count)
}

func newProducer(ctx context.Context, bootstrap string, line []byte) (named, error) {
	told := struct {
		Acks        string `json:"acks"`
		Idempotence *bool  `json:"idempotence"`
		Compression string `json:"compression"`
		LingerMs    *int   `json:"lingerMs"`
	}{}
	if err := json.Unmarshal(line, &told); err != nil {
		return nil, err
	}
	codec, known := map[string]kgo.CompressionCodec{"": kgo.NoCompression(), "none": kgo.NoCompression(), "gzip": kgo.GzipCompression(),
		"snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}[told.Compression]
	if !known {
		return nil, &ownError{"INVALID_ARGUMENT", "there is no compression " + told.Compression}
	}
	acks, known := map[string]kgo.Acks{"": kgo.AllISRAcks(), "all": kgo.AllISRAcks(), "1": kgo.LeaderAck(), "0": kgo.NoAck()}[told.Acks]
	if !known {
		return nil, &ownError{"INVALID_ARGUMENT", "there is no acks " + told.Acks}
	}
	lingerMs := 5
	if told.LingerMs != nil {
		lingerMs = *told.LingerMs
	}
	options := append(optionsOf(bootstrap), kgo.RequiredAcks(acks), kgo.ProducerBatchCompression(codec), kgo.ProducerBatchMaxBytes(4<<20),
		kgo.ProducerLinger(time.Duration(lingerMs)*time.Millisecond),
		kgo.RecordPartitioner(toldOrOwn{kgo.StickyKeyPartitioner(nil)}))
	if told.Idempotence != nil && !*told.Idempotence {
		options = append(options, kgo.DisableIdempotentWrite())
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return nil, &ownError{"INVALID_ARGUMENT", err.Error()}
	}
	return &producer{ctx, client, told.Acks == "0"}, nil
}

func (p *producer) handle(op string, line []byte) (any, error) {
	switch op {
	case "produce":
		return p.produce(line)
	case "close":
		p.client.Close()
		return nil, nil
	}
	return nil, errUnknownOp
}

type producedRecord struct {
	topicPartition
	Offset int64    `json:"offset"`
	Error  *errorOf `json:"error"`
}

func (p *producer) produce(line []byte) (any, error) {
	told := struct {
		Records []struct {
			Topic       string       `json:"topic"`
			Partition   *int32       `json:"partition"`
			Key         *string      `json:"key"`
			Value       *string      `json:"value"`
			Headers     [][2]*string `json:"headers"`
			TimestampMs *int64       `json:"timestampMs"`
		} `json:"records"`
	}{}
	if err := json.Unmarshal(line, &told); err != nil {
		return nil, err
	}
	outcomes := make([]producedRecord, len(told.Records))
	// Not RecordDeliveryTimeout: it counts from the record's timestamp, which may be told.
	ctx, cancel := context.WithTimeout(p.context, 30*time.Second)
	defer cancel()
	var answered sync.WaitGroup
	answered.Add(len(told.Records))
	for i, from := range told.Records {
		record := &kgo.Record{Topic: from.Topic, Partition: -1, Key: bytesOf(from.Key), Value: bytesOf(from.Value)}
		if from.Partition != nil {
			record.Partition = *from.Partition
		}
		if from.TimestampMs != nil {
			record.Timestamp = time.UnixMilli(*from.TimestampMs)
		}
		for _, header := range from.Headers {
			record.Headers = append(record.Headers, kgo.RecordHeader{Key: *header[0], Value: bytesOf(header[1])})
		}
		p.client.Produce(ctx, record, func(record *kgo.Record, err error) {
			outcome := producedRecord{topicPartition{record.Topic, record.Partition}, record.Offset, errorOfErr(err)}
			if err != nil {
				outcome.Partition = -1
			}
			if err != nil || p.noAcks {
				outcome.Offset = -1
			}
			outcomes[i] = outcome
			answered.Done()
		})
	}
	if err := p.client.Flush(ctx); err != nil {
		return nil, err
	}
	answered.Wait()
	return outcomes, nil
}
