//! A scan: its items, its tables and its bytes.

use crate::testing::model::frame::Frame;
use crate::testing::model::huffman::{self, Table};
use crate::testing::model::order;
use crate::testing::random::Random;
use crate::testing::stream::blocks::BlockWriter;
use crate::testing::stream::codes;
use crate::testing::stream::items::{Bytes, Item};
use crate::testing::stream::script::ScanPlan;
use crate::testing::stream::segments;

/// The Huffman tables that the file has defined so far, and which ones it may define.
pub(super) struct TableSlots {
    pub(super) dc: [Option<Table>; 4],
    pub(super) ac: [Option<Table>; 4],
    /// How many slots are used.
    pub(super) slots: usize,
    /// Only the tables of T.81 K.3 to K.6, which are not written.
    pub(super) is_without_tables: bool,
}

impl TableSlots {
    pub(super) fn new(slots: usize, is_without_tables: bool) -> Self {
        let standard = |is_dc| {
            let [luminance, chrominance] = huffman::standard(is_dc);
            [Some(luminance), Some(chrominance), None, None]
        };
        let (dc, ac) = match is_without_tables {
            true => (standard(true), standard(false)),
            false => Default::default(),
        };
        Self {
            dc,
            ac,
            slots,
            is_without_tables,
        }
    }
}

/// Appends DHT, SOS and the data of a scan. `restart_interval` is the one in effect.
pub(super) fn write(
    random: &mut Random,
    file: &mut Vec<u8>,
    frame: &Frame,
    plan: &ScanPlan,
    tables: &mut TableSlots,
    restart_interval: usize,
) {
    let slots: Vec<[usize; 2]> = plan
        .components
        .iter()
        .map(|_| [random.below(tables.slots), random.below(tables.slots)])
        .collect();
    let items = items(random, frame, plan, &slots, restart_interval);
    define(
        random,
        file,
        frame.is_progressive,
        plan,
        &items,
        &slots,
        tables,
    );
    let header = match frame.is_progressive {
        true => [plan.ss as u8, plan.se as u8, (plan.ah << 4 | plan.al) as u8],
        // Sequential decoders ignore these.
        false if random.chance(5) => [random.byte(), random.byte(), random.byte()],
        false => [0, 63, 0],
    };
    let ids = plan.components.iter().map(|c| frame.components[*c].id);
    let pairs = ids
        .zip(&slots)
        .flat_map(|(id, [dc, ac])| [id, (dc << 4 | ac) as u8]);
    let mut contents = vec![plan.components.len() as u8];
    contents.extend(pairs);
    contents.extend(header);
    segments::write(random, file, 0xda, &contents);
    let dc = tables
        .dc
        .each_ref()
        .map(|table| table.as_ref().map(codes::codes));
    let ac = tables
        .ac
        .each_ref()
        .map(|table| table.as_ref().map(codes::codes));
    let mut data = Bytes::default();
    for item in items {
        match item {
            Item::Symbol {
                is_dc,
                table,
                symbol,
            } => {
                let codes = if is_dc { &dc[table] } else { &ac[table] };
                // `define` has made a table with all symbols of the scan.
                if let Some(codes) = codes {
                    let (code, length) = codes[usize::from(symbol)];
                    data.put(code, length);
                }
            }
            Item::Bits { bits, count } => data.put(bits, count),
            Item::Restart(number) => {
                data.align();
                for _ in 0..random.below(30) / 28 {
                    data.bytes.push(0xff);
                }
                data.bytes.extend([0xff, 0xd0 + number]);
            }
        }
    }
    data.align();
    file.extend(data.bytes);
}

fn items(
    random: &mut Random,
    frame: &Frame,
    plan: &ScanPlan,
    slots: &[[usize; 2]],
    restart_interval: usize,
) -> Vec<Item> {
    let mut writer = BlockWriter::new(plan.ss, plan.se, plan.ah, plan.al);
    let mut predictions = [0; 4];
    let mut restarts = 0;
    for (index, mcu) in order::mcus(frame, &plan.components).into_iter().enumerate() {
        if restart_interval > 0 && index > 0 && index % restart_interval == 0 {
            writer.flush(slots[0][1]);
            writer.items.push(Item::Restart(restarts));
            restarts = (restarts + 1) % 8;
            predictions = [0; 4];
        }
        for (place, block) in mcu.blocks {
            let block = &frame.components[plan.components[place]].blocks[block];
            let [dc, ac] = slots[place];
            match (frame.is_progressive, plan.ss, writer.ah) {
                (false, ..) => {
                    writer.dc(dc, block[0], &mut predictions[place]);
                    writer.ac(ac, block);
                }
                (true, 0, 0) => writer.dc(dc, block[0], &mut predictions[place]),
                (true, 0, _) => writer.dc_refine(block[0]),
                (true, _, 0) => writer.ac_first(ac, block, random),
                (true, ..) => writer.ac_refine(ac, block, random),
            }
        }
    }
    writer.flush(slots[0][1]);
    writer.items
}

/// Defines the tables that the scan needs, where the ones that are defined have not all of its symbols or by chance.
fn define(
    random: &mut Random,
    file: &mut Vec<u8>,
    is_progressive: bool,
    plan: &ScanPlan,
    items: &[Item],
    slots: &[[usize; 2]],
    tables: &mut TableSlots,
) {
    if tables.is_without_tables {
        return;
    }
    let mut used = vec![[false; 256]; 8];
    for item in items {
        if let Item::Symbol {
            is_dc,
            table,
            symbol,
        } = item
        {
            used[table + if *is_dc { 0 } else { 4 }][usize::from(*symbol)] = true;
        }
    }
    let mut wanted: Vec<usize> = slots.iter().flat_map(|[dc, ac]| [*dc, 4 + ac]).collect();
    if is_progressive {
        wanted.retain(|number| (*number < 4) == (plan.ss == 0));
        if plan.ss == 0 && plan.ah > 0 {
            wanted.clear();
        }
    }
    wanted.sort_unstable();
    wanted.dedup();
    random.shuffle(&mut wanted);
    let mut contents = Vec::new();
    for number in wanted {
        let (is_dc, slot) = (number < 4, number % 4);
        let table = if is_dc {
            &mut tables.dc[slot]
        } else {
            &mut tables.ac[slot]
        };
        let covers = |table: &Table| {
            (0..256).all(|symbol| !used[number][symbol] || table.symbols.contains(&(symbol as u8)))
        };
        if table.as_ref().is_some_and(covers) && random.chance(70) {
            continue;
        }
        let standard = random.pick(&[0, 1]);
        let standard = huffman::standard(is_dc)[standard].clone();
        let new = match covers(&standard) && random.chance(30) {
            true => standard,
            false => codes::random_table(random, &used[number], is_dc),
        };
        contents.push(slot as u8 | if is_dc { 0 } else { 0x10 });
        contents.extend(new.counts);
        contents.extend(&new.symbols);
        *table = Some(new);
        if random.chance(50) {
            segments::write(random, file, 0xc4, &contents);
            contents.clear();
        }
    }
    if !contents.is_empty() {
        segments::write(random, file, 0xc4, &contents);
    }
}
