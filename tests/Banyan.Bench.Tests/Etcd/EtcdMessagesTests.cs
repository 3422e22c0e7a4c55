using Banyan.Bench.Etcd;
using Banyan.Primitives;

namespace Banyan.Bench.Tests.Etcd;

public class EtcdMessagesTests
{
    [Fact]
    public void A_put_is_a_grpc_frame_with_key_and_value() => Assert.Equal(
        "00" + "0000000B" + "0A03" + "666F6F" + "1204" + "62617221",
        Convert.ToHexString(EtcdMessages.PutRequest("foo"u8, "bar!"u8)));

    [Fact]
    public void A_long_value_has_a_length_of_two_bytes()
    {
        byte[] frame = EtcdMessages.PutRequest("k"u8, new byte[300]);
        Assert.Equal("00" + "00000132" + "0A01" + "6B" + "12AC02" + "0000", Convert.ToHexString(frame.AsSpan(0, 13)));
        Assert.Equal(EtcdMessages.FrameHeaderBytes + 0x132, frame.Length);
    }

    [Fact]
    public void A_range_is_a_grpc_frame_with_the_key() => Assert.Equal(
        "00" + "00000005" + "0A03" + "666F6F", Convert.ToHexString(EtcdMessages.RangeRequest("foo"u8)));

    [Fact]
    public void A_put_answer_gives_the_revision()
    {
        // header { cluster_id = 300, member_id = 5, revision = 150, raft_term = 2 }
        byte[] answer = Convert.FromHexString("0A0A" + "08AC02" + "1005" + "189601" + "2002");
        Assert.True(EtcdMessages.TryReadPutResponse(answer, out long revision));
        Assert.Equal(150, revision);
    }

    [Fact]
    public void A_range_answer_gives_the_value()
    {
        // header { revision = 7 }, kvs { key = "foo", version = 1, value = "bar" }, count = 1
        byte[] answer = Convert.FromHexString("0A021807" + "120C" + "0A03666F6F" + "2001" + "2A03626172" + "2001");
        Assert.True(EtcdMessages.TryReadRangeResponse(answer, out byte[]? value));
        Assert.Equal<byte[]?>("bar"u8.ToArray(), value);
    }

    [Fact]
    public void A_range_answer_tells_an_absent_key_from_an_empty_value()
    {
        Assert.True(EtcdMessages.TryReadRangeResponse(Convert.FromHexString("0A021807"), out byte[]? absent));
        Assert.Null(absent);

        Assert.True(EtcdMessages.TryReadRangeResponse(Convert.FromHexString("0A021807" + "12050A03666F6F"), out byte[]? empty));
        Assert.NotNull(empty);
        Assert.Empty(empty);
    }

    [Fact]
    public void A_status_answer_tells_who_answers_and_who_leads()
    {
        // header { member_id = 5 }, version = "3.4", leader = 9, raftIndex = 5
        byte[] answer = Convert.FromHexString("0A021005" + "1203332E34" + "2009" + "2805");
        Assert.True(EtcdMessages.TryReadStatusResponse(answer, out ulong member, out ulong leader));
        Assert.Equal(5UL, member);
        Assert.Equal(9UL, leader);
    }

    [Fact]
    public void Every_cut_of_an_answer_is_refused_or_read_without_an_exception()
    {
        byte[] answer = Convert.FromHexString("0A0A" + "08AC02" + "1005" + "189601" + "2002");
        for (int length = 0; length < answer.Length; length++)
            Assert.False(EtcdMessages.TryReadPutResponse(answer.AsSpan(0, length), out _));

        var random = new SeededRandom(11);
        byte[] noise = new byte[40];
        for (int i = 0; i < 2000; i++)
        {
            for (int j = 0; j < noise.Length; j++) noise[j] = (byte)random.NextUInt64();
            EtcdMessages.TryReadPutResponse(noise, out _);
            EtcdMessages.TryReadRangeResponse(noise, out _);
            EtcdMessages.TryReadStatusResponse(noise, out _, out _);
        }
    }
}
