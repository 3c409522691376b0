// The stock franz-go client behind the protocol of test/interop/README.md: commands on standard input, answers on
// standard output.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// A producer or consumer: its commands are done in their order, by one goroutine.
type named interface {
	handle(op string, line []byte) (any, error)
}

type command struct {
	ID        int64  `json:"id"`
	Op        string `json:"op"`
	Name      string `json:"name"`
	Bootstrap string `json:"bootstrap"`
}

type topicPartition struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
}

type errorOf struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

// An error that the driver makes itself, with its code of the protocol.
type ownError struct{ code, message string }

func (e *ownError) Error() string { return e.message }

var (
	errUnknownOp = &ownError{"UNKNOWN_OP", "there is no such op"}
	errNotOpen   = &ownError{"ILLEGAL_STATE", "nothing of this name is open"}
)

// The broker's own words belong to an error code; the error's text ends with them.
func withMessage(code int16, message *string) error {
	err := kerr.ErrorForCode(code)
	if err == nil || message == nil {
		return err
	}
	return fmt.Errorf("%w: %s", err, *message)
}

func errorOfErr(err error) *errorOf {
	if err == nil {
		return nil
	}
	own := (*ownError)(nil)
	if errors.As(err, &own) {
		return &errorOf{own.code, own.message}
	}
	if broker := (*kerr.Error)(nil); errors.As(err, &broker) {
		return &errorOf{broker.Message, err.Error()}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &errorOf{"REQUEST_TIMED_OUT", err.Error()}
	}
	return &errorOf{"CLIENT_ERROR", err.Error()}
}

type driver struct {
	bootstrap string
	admin     *admin
	// Over when the input is: a poll that waits ends.
	context context.Context
	out     sync.Mutex
}

func main() {
	ctx, end := context.WithCancel(context.Background())
	bootstrap := os.Args[len(os.Args)-1]
	admin, err := newAdmin(bootstrap)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	d := &driver{bootstrap: bootstrap, admin: admin, context: ctx}
	d.say(map[string]any{"ready": true, "version": "franz-go " + version(), "capabilities": capabilities()})
	closing := d.read(end)
	closed := make(chan struct{})
	go func() {
		closing.Wait()
		admin.close()
		close(closed)
	}()
	select {
	case <-closed:
	case <-time.After(9 * time.Second):
	}
}

// No recreatedTopics: franz-go never takes a new topic id for a name.
func capabilities() []string {
	all := []string{"producer", "shareConsumer", "reader", "implicit", "explicit", "recordLimit", "renew", "reject", "deliveryCount",
		"maxPollRecords", "commitResults", "subscribe", "acks0", "acks1", "noIdempotence", "gzip", "snappy", "lz4", "zstd"}
	for op := range adminOps {
		all = append(all, op)
	}
	return all
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == "github.com/twmb/franz-go" {
				return module.Version
			}
		}
	}
	return "?"
}

func (d *driver) say(line any) {
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	d.out.Lock()
	defer d.out.Unlock()
	os.Stdout.Write(append(text, '\n'))
}

func (d *driver) answer(id int64, value any, err error) {
	if err != nil {
		d.say(map[string]any{"id": id, "ok": false, "error": errorOfErr(err)})
		return
	}
	d.say(map[string]any{"id": id, "ok": true, "value": value})
}

// Reads until the input ends, then calls end; what it gives is done when everything is closed.
func (d *driver) read(end func()) *sync.WaitGroup {
	type work struct {
		command command
		line    []byte
	}
	closing := &sync.WaitGroup{}
	queues := map[string]chan work{}
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := in.ReadBytes('\n')
		if err != nil {
			if err != io.EOF {
				fmt.Fprintln(os.Stderr, err)
			}
			break
		}
		var told command
		if err := json.Unmarshal(line, &told); err != nil {
			fmt.Fprintf(os.Stderr, "not a command: %v\n", err)
			continue
		}
		if handle, ok := adminOps[told.Op]; ok {
			go func() {
				value, err := handle(d.admin, line)
				d.answer(told.ID, value, err)
			}()
			continue
		}
		queue := queues[told.Name]
		if queue == nil {
			queue = make(chan work, 1000)
			queues[told.Name] = queue
			closing.Go(func() {
				var opened named
				for next := range queue {
					value, err := d.handleNamed(&opened, next.command, next.line)
					d.answer(next.command.ID, value, err)
				}
				if opened != nil {
					opened.handle("close", []byte("{}"))
				}
			})
		}
		queue <- work{told, line}
	}
	end()
	for _, queue := range queues {
		close(queue)
	}
	return closing
}

func (d *driver) handleNamed(opened *named, told command, line []byte) (value any, err error) {
	bootstrap := d.bootstrap
	if told.Bootstrap != "" {
		bootstrap = told.Bootstrap
	}
	switch told.Op {
	case "openProducer":
		*opened, err = newProducer(d.context, bootstrap, line)
	case "openShareConsumer":
		*opened, err = newShareConsumer(d.context, bootstrap, line)
	case "openReader":
		*opened, err = newReader(d.context, bootstrap, line)
	default:
		if *opened == nil {
			return nil, errNotOpen
		}
		return (*opened).handle(told.Op, line)
	}
	return nil, err
}

func optionsOf(bootstrap string) []kgo.Opt {
	// Topics are new in a scenario: the client may ask again soon (2.5 s if not told).
	return []kgo.Opt{kgo.SeedBrokers(strings.Split(bootstrap, ",")...), kgo.MetadataMinAge(100 * time.Millisecond)}
}

func text(bytes []byte) *string {
	if bytes == nil {
		return nil
	}
	s := string(bytes)
	return &s
}

func bytesOf(text *string) []byte {
	if text == nil {
		return nil
	}
	return append([]byte{}, *text...)
}
