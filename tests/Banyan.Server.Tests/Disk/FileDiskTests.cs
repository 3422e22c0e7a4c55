using Banyan.Primitives;
using Banyan.Server.Disk;
using Banyan.Storage;

namespace Banyan.Server.Tests.Disk;

public sealed class FileDiskTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("banyan-disk-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_was_written_is_there_after_opening_the_folder_again()
    {
        using (var disk = new FileDisk(_folder))
        {
            using IDiskFile file = disk.Create("wal-1", 4096);
            file.Write(100, "hello"u8);
            file.Flush();
            disk.FlushFolder();
        }

        using var again = new FileDisk(_folder);
        using IDiskFile reopened = again.Open("wal-1");
        byte[] bytes = new byte[5];
        Assert.Equal(5, reopened.Read(100, bytes));
        Assert.Equal("hello"u8, bytes);
        Assert.Equal(4096, reopened.Length);
    }

    [Fact]
    public void A_created_file_reads_as_zeroes_over_its_whole_length()
    {
        const int length = (1 << 20) + 77;
        using var disk = new FileDisk(_folder);
        using IDiskFile file = disk.Create("a", length);
        byte[] bytes = new byte[length + 1];
        bytes.AsSpan().Fill(1);
        Assert.Equal(length, file.Read(0, bytes));
        Assert.False(bytes.AsSpan(0, length).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void Creating_over_an_old_file_leaves_nothing_of_it()
    {
        using var disk = new FileDisk(_folder);
        using (IDiskFile old = disk.Create("a", 0)) old.Write(0, "old old old"u8);
        using IDiskFile file = disk.Create("a", 4);
        byte[] bytes = new byte[20];
        Assert.Equal(4, file.Read(0, bytes));
        Assert.Equal(new byte[20], bytes);
    }

    [Fact]
    public void A_file_grows_by_writing_and_is_cut_and_extended_by_its_length()
    {
        using var disk = new FileDisk(_folder);
        using IDiskFile file = disk.Create("a", 0);
        file.Write(10, "xyz"u8);
        Assert.Equal(13, file.Length);
        file.SetLength(11);
        file.SetLength(12);
        byte[] bytes = new byte[8];
        Assert.Equal(2, file.Read(10, bytes));
        Assert.Equal("x\0"u8, bytes.AsSpan(0, 2));
    }

    [Fact]
    public void Reading_past_the_end_gives_nothing()
    {
        using var disk = new FileDisk(_folder);
        using IDiskFile file = disk.Create("a", 3);
        Assert.Equal(0, file.Read(3, new byte[8]));
        Assert.Equal(0, file.Read(1000, new byte[8]));
    }

    [Fact]
    public void Lists_its_files_in_ordinal_order_and_nothing_else()
    {
        using var disk = new FileDisk(_folder);
        foreach (string name in (string[])["b", "a-10", "a-9", "B"]) disk.Create(name, 0).Dispose();
        File.WriteAllText(Path.Combine(_folder, "not ours"), "");
        Directory.CreateDirectory(Path.Combine(_folder, "folder"));
        Assert.Equal(["B", "a-10", "a-9", "b"], disk.List());
    }

    [Fact]
    public void Renaming_replaces_and_deleting_twice_is_no_error()
    {
        using var disk = new FileDisk(_folder);
        using (IDiskFile file = disk.Create("new", 0)) file.Write(0, "n"u8);
        disk.Create("old", 5).Dispose();
        disk.Rename("new", "old");
        disk.FlushFolder();
        Assert.Equal(["old"], disk.List());
        using (IDiskFile file = disk.Open("old")) Assert.Equal(1, file.Length);
        disk.Delete("old");
        disk.Delete("old");
        Assert.Empty(disk.List());
    }

    [Fact]
    public void A_folder_in_use_is_refused_with_its_name_until_it_is_let_go()
    {
        using (new FileDisk(_folder))
        {
            IOException refused = Assert.Throws<IOException>(() => new FileDisk(_folder));
            Assert.Contains(_folder, refused.Message);
            Assert.Contains("another server", refused.Message);
        }

        new FileDisk(_folder).Dispose();
    }

    [Fact]
    public void Opening_a_file_that_is_not_there_is_an_io_exception()
    {
        using var disk = new FileDisk(_folder);
        Assert.ThrowsAny<IOException>(() => disk.Open("nothing"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("../x")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("ä")]
    [InlineData("lock")]
    public void Refuses_names_that_lead_out_of_the_folder_or_hide_in_it(string name)
    {
        using var disk = new FileDisk(_folder);
        Assert.Throws<InvariantViolation>(() => disk.Create(name, 0));
        Assert.Throws<InvariantViolation>(() => disk.Open(name));
    }
}
