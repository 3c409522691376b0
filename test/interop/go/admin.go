package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// kadm, and kmsg where kadm has no call (configs of groups, several topics at once, the types of groups).
type admin struct {
	client *kgo.Client
	kadm   *kadm.Client
}

func newAdmin(bootstrap string) (*admin, error) {
	client, err := kgo.NewClient(optionsOf(bootstrap)...)
	if err != nil {
		return nil, err
	}
	return &admin{client, kadm.NewClient(client)}, nil
}

func (a *admin) close() { a.client.Close() }

// The fields of all admin commands.
type adminCommand struct {
	topicPartition
	Topics json.RawMessage `json:"topics"`
	// How many, or a list of topicPartition.
	Partitions   json.RawMessage   `json:"partitions"`
	BeforeOffset int64             `json:"beforeOffset"`
	At           any               `json:"at"`
	Type         string            `json:"type"`
	Name         string            `json:"name"`
	Set          map[string]string `json:"set"`
	Remove       []string          `json:"remove"`
	Group        string            `json:"group"`
	Groups       []string          `json:"groups"`
	Offsets      []struct {
		topicPartition
		Offset int64 `json:"offset"`
	} `json:"offsets"`
}

func (c *adminCommand) topicNames() (names []string, err error) {
	err = json.Unmarshal(c.Topics, &names)
	return names, err
}

type object map[string]any

var adminOps = map[string]func(a *admin, line []byte) (any, error){}

func init() {
	for op, handle := range map[string]func(*admin, context.Context, *adminCommand) (any, error){
		"createTopics":            (*admin).createTopics,
		"deleteTopics":            (*admin).deleteTopics,
		"createPartitions":        (*admin).createPartitions,
		"describeTopics":          (*admin).describeTopics,
		"deleteRecords":           (*admin).deleteRecords,
		"listOffsets":             (*admin).listOffsets,
		"alterConfig":             (*admin).alterConfig,
		"describeConfig":          (*admin).describeConfig,
		"listConfigResources":     (*admin).listConfigResources,
		"listGroups":              (*admin).listGroups,
		"describeShareGroups":     (*admin).describeShareGroups,
		"listShareGroupOffsets":   (*admin).listShareGroupOffsets,
		"alterShareGroupOffsets":  (*admin).alterShareGroupOffsets,
		"deleteShareGroupOffsets": (*admin).deleteShareGroupOffsets,
		"deleteShareGroups":       (*admin).deleteShareGroups,
		"describeCluster":         (*admin).describeCluster,
	} {
		adminOps[op] = func(a *admin, line []byte) (any, error) {
			var told adminCommand
			if err := json.Unmarshal(line, &told); err != nil {
				return nil, &ownError{"INVALID_ARGUMENT", err.Error()}
			}
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			return handle(a, ctx, &told)
		}
	}
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *admin) createTopics(ctx context.Context, told *adminCommand) (any, error) {
	var topics []struct {
		Name       string            `json:"name"`
		Partitions int32             `json:"partitions"`
		Config     map[string]string `json:"config"`
	}
	if err := json.Unmarshal(told.Topics, &topics); err != nil {
		return nil, err
	}
	request := kmsg.NewPtrCreateTopicsRequest()
	request.TimeoutMillis = 20_000
	for _, from := range topics {
		topic := kmsg.NewCreateTopicsRequestTopic()
		topic.Topic, topic.NumPartitions, topic.ReplicationFactor = from.Name, from.Partitions, -1
		for name, value := range from.Config {
			config := kmsg.NewCreateTopicsRequestTopicConfig()
			config.Name, config.Value = name, &value
			topic.Configs = append(topic.Configs, config)
		}
		request.Topics = append(request.Topics, topic)
	}
	response, err := request.RequestWith(ctx, a.client)
	if err != nil {
		return nil, err
	}
	for _, topic := range response.Topics {
		err = first(err, withMessage(topic.ErrorCode, topic.ErrorMessage))
	}
	return nil, err
}

func (a *admin) deleteTopics(ctx context.Context, told *adminCommand) (any, error) {
	names, err := told.topicNames()
	if err != nil {
		return nil, err
	}
	deleted, err := a.kadm.DeleteTopics(ctx, names...)
	for _, topic := range deleted {
		err = first(err, topic.Err)
	}
	return nil, err
}

func (a *admin) createPartitions(ctx context.Context, told *adminCommand) (any, error) {
	var count int
	if err := json.Unmarshal(told.Partitions, &count); err != nil {
		return nil, err
	}
	request := kmsg.NewPtrCreatePartitionsRequest()
	request.TimeoutMillis = 20_000
	topic := kmsg.NewCreatePartitionsRequestTopic()
	topic.Topic, topic.Count = told.Topic, int32(count)
	request.Topics = append(request.Topics, topic)
	response, err := request.RequestWith(ctx, a.client)
	if err != nil {
		return nil, err
	}
	return nil, withMessage(response.Topics[0].ErrorCode, response.Topics[0].ErrorMessage)
}

func (a *admin) describeTopics(ctx context.Context, told *adminCommand) (any, error) {
	names, err := told.topicNames()
	if err != nil {
		return nil, err
	}
	// Not kadm's, which may answer from what it knows.
	request := kmsg.NewPtrMetadataRequest()
	for _, name := range names {
		topic := kmsg.NewMetadataRequestTopic()
		topic.Topic = &name
		request.Topics = append(request.Topics, topic)
	}
	response, err := request.RequestWith(ctx, a.client)
	if err != nil {
		return nil, err
	}
	topics := []object{}
	for _, topic := range response.Topics {
		if err := kerr.ErrorForCode(topic.ErrorCode); err != nil {
			return nil, err
		}
		topics = append(topics, object{"name": *topic.Topic, "topicId": kadm.TopicID(topic.TopicID).String(), "partitions": len(topic.Partitions)})
	}
	return topics, nil
}

func (a *admin) deleteRecords(ctx context.Context, told *adminCommand) (any, error) {
	var offsets kadm.Offsets
	offsets.Add(kadm.Offset{Topic: told.Topic, Partition: told.Partition, At: told.BeforeOffset})
	deleted, err := a.kadm.DeleteRecords(ctx, offsets)
	if err := first(err, deleted.Error()); err != nil {
		return nil, err
	}
	partition, _ := deleted.Lookup(told.Topic, told.Partition)
	return object{"lowWatermark": partition.LowWatermark}, nil
}

func (a *admin) listOffsets(ctx context.Context, told *adminCommand) (any, error) {
	// kadm's asks for the end where no record is new enough; Kafka's own answer is -1.
	timestamp, ok := map[any]int64{"earliest": -2, "latest": -1, "max_timestamp": -3}[told.At]
	if at, isNumber := told.At.(float64); isNumber {
		timestamp = int64(at)
	} else if !ok {
		return nil, &ownError{"INVALID_ARGUMENT", fmt.Sprintf("there is no offset at %v", told.At)}
	}
	request := kmsg.NewPtrListOffsetsRequest()
	topic, partition := kmsg.NewListOffsetsRequestTopic(), kmsg.NewListOffsetsRequestTopicPartition()
	partition.Partition, partition.Timestamp = told.Partition, timestamp
	topic.Topic, topic.Partitions = told.Topic, append(topic.Partitions, partition)
	request.Topics = append(request.Topics, topic)
	response, err := request.RequestWith(ctx, a.client)
	if err != nil {
		return nil, err
	}
	answer := response.Topics[0].Partitions[0]
	return object{"offset": answer.Offset, "timestampMs": answer.Timestamp}, kerr.ErrorForCode(answer.ErrorCode)
}

var resourceTypes = map[string]kmsg.ConfigResourceType{
	"topic": kmsg.ConfigResourceTypeTopic, "group": kmsg.ConfigResourceTypeGroupConfig, "broker": kmsg.ConfigResourceTypeBroker,
}

func (a *admin) alterConfig(ctx context.Context, told *adminCommand) (any, error) {
	resource := kmsg.NewIncrementalAlterConfigsRequestResource()
	resource.ResourceType, resource.ResourceName = resourceTypes[told.Type], told.Name
	for name, value := range told.Set {
		config := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
		config.Name, config.Op, config.Value = name, kmsg.IncrementalAlterConfigOpSet, &value
		resource.Configs = append(resource.Configs, config)
	}
	for _, name := range told.Remove {
		config := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
		config.Name, config.Op = name, kmsg.IncrementalAlterConfigOpDelete
		resource.Configs = append(resource.Configs, config)
	}
	request := kmsg.NewPtrIncrementalAlterConfigsRequest()
	request.Resources = append(request.Resources, resource)
	response, err := request.RequestWith(ctx, a.client)
	if err != nil {
		return nil, err
	}
	return nil, withMessage(response.Resources[0].ErrorCode, response.Resources[0].ErrorMessage)
}

// kmsg's names of two sources are not those of Kafka's ConfigEntry.
var sourceNames = map[kmsg.ConfigSource]string{
	kmsg.ConfigSourceGroupConfig: "DYNAMIC_GROUP_CONFIG", kmsg.ConfigSourceClientMetricsConfig: "DYNAMIC_CLIENT_METRICS_CONFIG",
}

func (a *admin) describeConfig(ctx context.Context, told *adminCommand) (any, error) {
	request := kmsg.NewPtrDescribeConfigsRequest()
	resource := kmsg.NewDescribeConfigsRequestResource()
	resource.ResourceType, resource.ResourceName = resourceTypes[told.Type], told.Name
	request.Resources = append(request.Resources, resource)
	response, err := request.RequestWith(ctx, a.client)
	if err != nil {
		return nil, err
	}
	described := object{}
	for _, config := range response.Resources[0].Configs {
		source, own := sourceNames[config.Source]
		if !own {
			source = config.Source.String()
		}
		described[config.Name] = object{"value": config.Value, "source": source}
	}
	return described, withMessage(response.Resources[0].ErrorCode, response.Resources[0].ErrorMessage)
}

func (a *admin) listConfigResources(ctx context.Context, told *adminCommand) (any, error) {
	listed, err := a.kadm.ListConfigResources(ctx, resourceTypes[told.Type])
	return listed.Names(), first(err, listed.Err)
}

func (a *admin) listGroups(ctx context.Context, _ *adminCommand) (any, error) {
	groups := []object{}
	for _, shard := range a.client.RequestSharded(ctx, kmsg.NewPtrListGroupsRequest()) {
		if shard.Err != nil {
			return nil, shard.Err
		}
		response := shard.Resp.(*kmsg.ListGroupsResponse)
		if err := kerr.ErrorForCode(response.ErrorCode); err != nil {
			return nil, err
		}
		for _, group := range response.Groups {
			groups = append(groups, object{"group": group.Group, "type": strings.ToLower(group.GroupType), "protocol": group.ProtocolType,
				"state": strings.ToLower(group.GroupState)})
		}
	}
	return groups, nil
}

func (a *admin) describeShareGroups(ctx context.Context, told *adminCommand) (any, error) {
	described, err := a.kadm.DescribeShareGroups(ctx, told.Groups...)
	if err := first(err, described.Error()); err != nil {
		return nil, err
	}
	groups := []object{}
	for _, name := range told.Groups {
		group := described[name]
		members := []object{}
		for _, member := range group.Members {
			assignment := []topicPartition{}
			member.Assignment.Each(func(topic string, partition int32) {
				assignment = append(assignment, topicPartition{topic, partition})
			})
			members = append(members, object{"memberId": member.MemberID, "clientId": member.ClientID, "host": member.ClientHost, "assignment": assignment})
		}
		groups = append(groups, object{"group": name, "state": strings.ToLower(group.GroupState), "members": members})
	}
	return groups, nil
}

func (a *admin) listShareGroupOffsets(ctx context.Context, told *adminCommand) (any, error) {
	var asked []topicPartition
	if len(told.Partitions) > 0 {
		if err := json.Unmarshal(told.Partitions, &asked); err != nil {
			return nil, err
		}
	}
	described, err := a.kadm.DescribeShareGroupOffsets(ctx, told.Group)
	if err := first(err, described.Error()); err != nil {
		return nil, err
	}
	wanted := map[topicPartition]bool{}
	for _, partition := range asked {
		wanted[partition] = true
	}
	offsets := []object{}
	for _, offset := range described[told.Group].Offsets.Sorted() {
		if offset.Err != nil {
			return nil, offset.Err
		}
		if offset.StartOffset < 0 || asked != nil && !wanted[topicPartition{offset.Topic, offset.Partition}] {
			continue
		}
		var lag *int64
		if offset.Lag >= 0 {
			lag = &offset.Lag
		}
		offsets = append(offsets, object{"topic": offset.Topic, "partition": offset.Partition, "startOffset": offset.StartOffset, "lag": lag})
	}
	return offsets, nil
}

func (a *admin) alterShareGroupOffsets(ctx context.Context, told *adminCommand) (any, error) {
	var offsets kadm.Offsets
	for _, offset := range told.Offsets {
		offsets.Add(kadm.Offset{Topic: offset.Topic, Partition: offset.Partition, At: offset.Offset})
	}
	altered, err := a.kadm.AlterShareGroupOffsets(ctx, told.Group, offsets)
	return nil, first(err, altered.Error())
}

func (a *admin) deleteShareGroupOffsets(ctx context.Context, told *adminCommand) (any, error) {
	names, err := told.topicNames()
	if err != nil {
		return nil, err
	}
	deleted, err := a.kadm.DeleteShareGroupOffsets(ctx, told.Group, names...)
	return nil, first(err, deleted.Error())
}

func (a *admin) deleteShareGroups(ctx context.Context, told *adminCommand) (any, error) {
	deleted, err := a.kadm.DeleteGroups(ctx, told.Groups...)
	return nil, first(err, deleted.Error())
}

func (a *admin) describeCluster(ctx context.Context, _ *adminCommand) (any, error) {
	metadata, err := a.kadm.BrokerMetadata(ctx)
	nodes := []object{}
	for _, broker := range metadata.Brokers {
		nodes = append(nodes, object{"nodeId": broker.NodeID, "host": broker.Host, "port": broker.Port})
	}
	return object{"clusterId": metadata.Cluster, "nodes": nodes}, err
}
