namespace Banyan.Raft.Tests.Transcripts;

public sealed class TranscriptTests
{
    [Theory]
    [InlineData("election")]
    [InlineData("pre-vote")]
    [InlineData("replication")]
    [InlineData("conflict")]
    [InlineData("snapshot")]
    [InlineData("compaction")]
    [InlineData("transfer")]
    [InlineData("check-quorum")]
    [InlineData("promise")]
    public void The_members_do_what_the_transcript_says(string name)
    {
        string path = Path.Combine(Folder(), name + ".txt");
        string expected = File.ReadAllText(path).ReplaceLineEndings("\n");
        string actual = Transcript.Run(expected);
        if (Environment.GetEnvironmentVariable("BANYAN_REWRITE_TRANSCRIPTS") == "1") File.WriteAllText(path, actual);
        else Assert.Equal(expected, actual);
    }

    [Fact]
    public void A_transcript_that_says_something_else_is_noticed()
    {
        string path = Path.Combine(Folder(), "election.txt");
        string changed = File.ReadAllText(path).ReplaceLineEndings("\n").Replace("grant pre", "deny pre");
        Assert.NotEqual(changed, Transcript.Run(changed));
    }

    private static string Folder()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            string folder = Path.Combine(at.FullName, "tests", "Banyan.Raft.Tests", "Transcripts");
            if (Directory.Exists(folder)) return folder;
        }

        throw new DirectoryNotFoundException("the transcripts lie in the source tree");
    }
}
